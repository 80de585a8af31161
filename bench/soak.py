"""Does anything grow? A day of one twin, faster than real time, and half an hour of thirty twins with faults in it.

The day runs on services whose clocks are so many times faster than the host's, and a plant that sends 30 readings a
second of that time. The thirty twins swing in real time, while services and parts are killed and frozen. After a third
of each run neither memory, latency, topics (which are bounded by size) nor the age of the newest checkpoints may grow.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from _harness import Claim, arguments, conclude, table
from _platform import Platform, platform
from soaking.books import Books
from soaking.bounds import bound
from soaking.chart import draw
from soaking.flat import growth
from soaking.mishaps import happen
from soaking.sampling import Listener, Sample, keep, sample

from twin_schemas.records import TwinSpec

HERE = Path(__file__).parent / "soaking"
EXAMPLE = Path(__file__).parents[1] / "examples" / "pendulum" / "twin.yaml"
PLANTS = Path(__file__).parent / "failover" / "plants.py"
DAY_S = 86_400.0
_LONGEST_SESSION_MS = 60_000  # that the stack's broker takes
FASTEST = 100
"""A heartbeat comes every half second of the host's clock, which has to be well within a session of the fast one."""
SAMPLES = 240
SETTLING_S = 5.0
MEMORY, TOPICS, LATENCY, AGE = 0.05, 0.10, 0.25, 0.25
"""Growth over the last two thirds of a run that is still called flat; decided before the first run."""
WORTH_MB = 8.0
"""A smaller topic is not looked at by itself: the segments that it ends with are a good part of it."""
KEPT = {"day": 16 << 20, "fleet": 2 << 20}
"""Bytes of a partition, which is full before the first third is over: the day's twin has one, the thirty have 12."""
RATE_HZ = 30
DUE, WRITTEN = 0.98, {"day": 0.999, "fleet": 0.9}
"""Of the ticks that were due so many are in the journal; and of these so many are frames, no discontinuities."""


def fast(speed: int, epoch_ns: int) -> dict[str, dict[str, str]]:
    """Variables of the services whose clocks run faster: what they know as time limits grows with the speed."""
    clock = {
        "PYTHONPATH": str(HERE / "faster"),
        "SOAK_SPEED": str(speed),
        "SOAK_EPOCH_NS": str(epoch_ns),
    }
    session = str(min(_LONGEST_SESSION_MS, 2500 * speed))
    engine = {
        "SESSION_TIMEOUT_MS": session,
        "FRAME_WAIT_MS": str(20 * speed),
        "GAP_AFTER_S": str(speed),
        "CLOCK_TOLERANCE_S": str(speed),
    }
    worker = {
        "SESSION_TIMEOUT_MS": session,
        # It compares the broker's time, which is ours, with its own.
        "MAX_LAG_S": str(10 * DAY_S),
        "PARK_LAG_S": str(10 * DAY_S),
        "STALE_AFTER_S": str(2 * speed),
    }
    return {
        "sync-engine": clock | {f"HANZO_TWIN_SYNC_ENGINE_{key}": value for key, value in engine.items()},
        "sim-worker": clock | {f"HANZO_TWIN_SIM_WORKER_{key}": value for key, value in worker.items()},
    }


async def day(speed: int, seconds: float, out: Path) -> list[Claim]:
    """A day of one twin; `seconds` of the fast clock."""
    epoch_ns = time.time_ns()
    async with platform(services={"scene-manager": 1, "archivist": 1}) as on:
        faster = {"sync-engine": 1, "sim-worker": 1}
        await asyncio.to_thread(on.stack.scale, faster, variables_of=fast(speed, epoch_ns))
        spec = await on.run(on.read(EXAMPLE.resolve(), ("pendulum", "soaked")))
        plant = await on.script(
            str(HERE / "plant.py"),
            *("--broker", on.broker, "--epoch-ns", str(epoch_ns)),
            *("--speed", str(speed), "--seconds", str(seconds)),
        )
        samples, books, found = await _observe(on, "day", [spec], seconds / speed, speed)
        await plant.wait()
    keep(out / "soak-day.json", samples)
    draw(out / "soak-day.png", f"A day of one twin, {speed} times faster", samples, ())
    return _claims("day", samples, books, found, seconds)


async def fleet(twins: int, seconds: float, seed: int, out: Path) -> list[Claim]:
    """Thirty twins in real time, with faults."""
    services = {"api-gateway": 1, "scene-manager": 1, "sync-engine": 2, "sim-worker": 2, "archivist": 1}
    async with platform(services=services) as on:
        example = EXAMPLE.resolve()
        specs = [await on.run(on.read(example, ("pendulum", f"load-{number}"))) for number in range(twins)]
        plants = await on.script(
            *(str(PLANTS), "--broker", on.broker, "--count", str(twins), "--seconds", str(seconds + 20))
        )
        async with asyncio.TaskGroup() as both:
            every_s = max(20.0, seconds / 20)
            mishaps = both.create_task(happen(on, seconds=seconds, every_s=every_s, seed=seed))
            observed = both.create_task(_observe(on, "fleet", specs, seconds, 1))
        (samples, books, found), happened = observed.result(), mishaps.result()
        plants.terminate()
        await plants.wait()
    keep(out / "soak-fleet.json", samples)
    title = f"{twins} twins at 30 Hz, {len(happened)} faults"
    draw(out / "soak-fleet.png", title, samples, happened)
    for at_s, what in happened:
        print(f"  {at_s / 60:5.1f} min: {what}")
    return _claims("fleet", samples, books, found, twins * seconds)


async def _observe(
    on: Platform, part: str, specs: list[TwinSpec], seconds: float, speed: int
) -> tuple[list[Sample], Books, Mapping[str, int]]:
    books, listener = Books(specs), Listener()
    followers = [asyncio.create_task(books.follow(on)), asyncio.create_task(listener.follow(on, specs))]
    await asyncio.to_thread(bound, on, KEPT[part])
    try:
        samples = await sample(on, listener, every_s=seconds / SAMPLES, seconds=seconds, speed=speed)
        due = books.waiting()
        await asyncio.sleep(SETTLING_S)  # twins tick on; what was on its way by now arrives
        for follower in followers:
            if follower.done():
                follower.result()
    finally:
        for follower in followers:
            follower.cancel()
    return samples, books, {**books.settled(due), "public predictions that came again": listener.again}


def _claims(
    part: str, samples: list[Sample], books: Books, found: Mapping[str, int], twin_seconds: float
) -> list[Claim]:
    times = [each.at_s for each in samples]
    rows, claims = [], []

    def flat(what: str, values: list[float], limit: float) -> None:
        grown = growth(times, values)
        rows.append([what, values[len(values) // 3], values[-1], f"{100 * grown:+.1f} %"])
        claims.append(Claim.of(f"{part}: growth of {what}", grown, "<=", limit))

    for name in sorted(samples[-1].memory_mb):
        flat(f"memory of {name}, MB", [s.memory_mb.get(name, float("nan")) for s in samples], MEMORY)
    flat("topics, MB", [sum(each.topics_mb.values()) for each in samples], TOPICS)
    sizes = {name: [each.topics_mb.get(name, 0.0) for each in samples] for name in samples[-1].topics_mb}
    for name, values in sizes.items():
        if max(values) >= WORTH_MB:
            flat(f"{name}, MB", values, TOPICS)
    flat("p50, ms", [each.p50_ms or float("nan") for each in samples], LATENCY)
    flat("p99, ms", [each.p99_ms or float("nan") for each in samples], LATENCY)
    flat("age of the oldest newest checkpoint, s", [each.checkpoint_age_s for each in samples], AGE)
    claims += [Claim.of(f"{part}: {what}", count, "==", 0) for what, count in found.items()]
    ticks = books.frames + books.named
    claims.append(Claim.of(f"{part}: ticks of those due", ticks / (RATE_HZ * twin_seconds), ">=", DUE))
    claims.append(Claim.of(f"{part}: frames of the ticks", books.frames / max(1, ticks), ">=", WRITTEN[part]))
    heard = sum(each.predictions for each in samples)
    claims.append(Claim.of(f"{part}: public predictions of frames", heard / max(1, books.frames), ">=", DUE))
    table([part, "after a third", "at the end", "growth"], rows)
    return claims


async def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--part", choices=("day", "fleet", "both"), default="both")
    parser.add_argument("--minutes", type=float, default=30.0, help="of each part")
    parser.add_argument("--twins", type=int, default=30)
    parser.add_argument("--seed", type=int, default=82)
    parser.add_argument("--out", type=Path, default=Path(), help="folder for plots and samples")
    parser.add_argument("--day", type=float, default=DAY_S, help="how long the day is, in seconds")
    options = parser.parse_args()
    claims: list[Claim] = []
    if options.part in ("day", "both"):
        speed = max(1, round(options.day / (60 * options.minutes)))
        if speed > FASTEST:
            parser.error(
                f"a day of {options.day:g} s in {options.minutes:g} min is {speed} times faster; {FASTEST} is most"
            )
        claims += await day(speed, options.day, options.out)
    if options.part in ("fleet", "both"):
        claims += await fleet(options.twins, 60 * options.minutes, options.seed, options.out)
    return conclude(claims, as_json=options.json)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
