"""Does anything grow? A day of one twin, faster than real time, and half an hour of thirty twins with faults in it.

The day runs on services whose clocks are so many times faster than the host's, and a plant that sends 30 readings a
second of that time. The thirty twins swing in real time, while everything is killed and every service frozen in its
turn. After a third of each run neither memory, latency, topics (which are bounded by size) nor the age of the newest
checkpoints may grow; nobody may die unasked, and at the end every twin has to be heard and answered.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from _harness import Claim, arguments, conclude, show
from _plants import moving
from _platform import platform
from soaking.judge import claims
from soaking.run import Run

HERE = Path(__file__).parent / "soaking"
EXAMPLE = Path(__file__).parents[1] / "examples" / "pendulum" / "twin.yaml"
PLANTS = Path(__file__).parent / "failover" / "plants.py"
DAY_S = 86_400.0
_LONGEST_SESSION_MS = 60_000  # that the stack's broker takes
FASTEST = 100
"""A heartbeat comes every half second of the host's clock, which has to be well within a session of the fast one."""
KEPT = {"day": 16 << 20, "fleet": 2 << 20}
"""Bytes of a partition, which is full before the first third is over: the day's twin has one, the thirty have 12."""
MARGIN_S = 60.0
"""Plants go on for so long after a run: that they are there is asked at its end."""


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
        run = Run("day", [spec], seconds / speed, speed)
        options = ("--broker", on.broker, "--epoch-ns", str(epoch_ns), "--speed", str(speed))
        more = ("--seconds", str(seconds + MARGIN_S * speed))
        async with moving(on, str(HERE / "plant.py"), *options, *more) as plant:
            try:
                await run.observe(on, plant, kept=KEPT["day"], seed=None)
            finally:
                run.keep(out, f"A day of one twin, {speed} times faster")
    return claims(run)


async def fleet(twins: int, seconds: float, seed: int, out: Path) -> list[Claim]:
    """Thirty twins in real time, with faults."""
    services = {"api-gateway": 1, "scene-manager": 1, "sync-engine": 2, "sim-worker": 2, "archivist": 1}
    async with platform(services=services) as on:
        example = EXAMPLE.resolve()
        specs = [await on.run(on.read(example, ("pendulum", f"load-{number}"))) for number in range(twins)]
        run = Run("fleet", specs, seconds)
        options = ("--broker", on.broker, "--count", str(twins), "--seconds", str(seconds + MARGIN_S))
        async with moving(on, str(PLANTS), *options) as plant:
            try:
                await run.observe(on, plant, kept=KEPT["fleet"], seed=seed)
            finally:
                run.keep(out, f"{twins} twins at 30 Hz, {len(run.happened)} faults")
    return claims(run)


async def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--part", choices=("day", "fleet", "both"), default="both")
    parser.add_argument("--minutes", type=float, default=30.0, help="of each part")
    parser.add_argument("--twins", type=int, default=30)
    parser.add_argument("--seed", type=int, default=82)
    parser.add_argument("--out", type=Path, default=Path(), help="folder for plots and samples")
    parser.add_argument("--day", type=float, default=DAY_S, help="how long the day is, in seconds")
    options = parser.parse_args()
    found: list[Claim] = []
    if options.part in ("day", "both"):
        speed = max(1, round(options.day / (60 * options.minutes)))
        if speed > FASTEST:
            parser.error(
                f"a day of {options.day:g} s in {options.minutes:g} min is {speed} times faster; {FASTEST} is most"
            )
        found += await day(speed, options.day, options.out)
        show(found)
    if options.part in ("fleet", "both"):
        of_fleet = await fleet(options.twins, 60 * options.minutes, options.seed, options.out)
        show(of_fleet)
        found += of_fleet
    return conclude(found, as_json=options.json, shown=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
