"""Workers come, go and crash under load: is every stream unbroken, and does a frame cost the same with more twins?

Four parts, each from raw topics and the kernel's books. `--only` runs some of them, on one stack.

streams   Pendulums while workers are added (1 to 3), killed while another one joins, and removed by SIGTERM.
overload  A twin for which no worker has room is refused; one that becomes too slow loses its rate, and is parked.
crash     A twin whose command brings the process down for real: it parks itself, and the others go on.
cost      Processor time of the worker for a frame, with 50 twins and with 200, at 5 Hz.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from _cost import RATE_HZ, Cost, measure, start_all
from _crash import crash_and_park, fallen
from _faulty import VARIABLES as FAULTY
from _harness import Claim, arguments, conclude, table
from _overload import MODEST, MONSTROUS, Course, alone, overload, refused, troubled
from _overload import VARIABLES as IMPATIENT
from _platform import Platform, platform
from _rescaling import WORKER, Move, named, rescale, scale, settled
from _streams import Verdict, judge, longest_pauses_s, total

from hanzo_twin.audit.collect import Evidence, collect
from hanzo_twin.definition import TwinFile
from twin_common.definition import parse_twin
from twin_schemas.records import TwinSpec

EXAMPLE = (Path(__file__).parents[1] / "examples" / "pendulum" / "twin.yaml").resolve()
ARM = Path(__file__).parent / "loop" / "arm.usda"
PLANTS = Path(__file__).parent / "failover" / "plants.py"
PARTS = ("streams", "overload", "crash", "cost")
SERVICES = {"scene-manager": 1, "sync-engine": 1, WORKER: 1}
SESSION = "HANZO_TWIN_SIM_WORKER_SESSION_TIMEOUT_MS"
GOAL_S = 5.0
GROWTH = 1.2
HEAVY_HZ = 3
SHARE = 0.98
"""Of the frames due; the ends of a measurement are off by some milliseconds."""


def load(on: Platform, number: int, rate_hz: int = 30) -> TwinFile:
    """One pendulum of many."""
    file = on.read(EXAMPLE, ("pendulum", f"load-{number}"))
    text = file.text.replace("rate_hz: 30", f"rate_hz: {rate_hz}")
    return TwinFile(text, parse_twin(text, file.scene.name), file.scene)


@asynccontextmanager
async def swinging(on: Platform, count: int, rate_hz: int = 30) -> AsyncIterator[None]:
    """So many plants, for as long as the block lasts."""
    options = ("--broker", on.broker, "--count", str(count), "--seconds", "3000", "--rate", str(rate_hz))
    plants = await on.script(str(PLANTS), *options)
    try:
        yield
    finally:
        plants.terminate()
        await plants.communicate()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def gather(on: Platform, specs: Sequence[TwinSpec]) -> list[Evidence]:
    """Stop the twins, and read everything that was ever said of them."""
    for spec in specs:
        await on.twins.stop(spec.twin)
    await asyncio.sleep(2.0)
    now = time.time_ns() // 1_000_000
    return [await collect(on.twins, spec, until_ms=now) for spec in specs]


async def too_heavy(on: Platform, others: Sequence[TwinSpec]) -> list[Claim]:
    """One twin that isn't let in, and one that becomes too heavy."""
    example = on.read(EXAMPLE)
    code, message = await refused(on, alone(replace(example, scene=ARM), "monstrous", MONSTROUS, 30))
    say(f"monstrous: {message}")
    _, course = await overload(on, alone(example, "heavy", MODEST, HEAVY_HZ))
    say(f"heavy: {sorted(course.conditions)}, {course.rates} Hz, {course.code} after {course.seconds:.0f} s")
    say(f"heavy: {course.message}")
    await settled(on, others, named(2))
    return [
        Claim.of("refused with its figures and a remedy", _told(code, message), "==", 1),
        Claim.of("too heavy: reported as degraded", "degraded" in course.conditions, "==", 1),
        Claim.of(
            "too heavy: lowest rate by a record, Hz", min(course.rates, default=HEAVY_HZ), "<", HEAVY_HZ
        ),
        Claim.of("too heavy: parked as too slow", _hopeless(course), "==", 1),
        Claim.of("beside it: twins that don't run", len(await troubled(on, others)), "==", 0),
    ]


def _told(code: str, message: str) -> bool:
    return code == "admission_refused" and "% of a core" in message and "add a worker" in message


def _hopeless(course: Course) -> bool:
    return course.code == "too_slow" and "behind" in course.message


async def crashes(on: Platform, specs: Sequence[TwinSpec]) -> list[Claim]:
    """One of the twins crashes its worker; the stack starts that one again."""
    fatal, others = specs[0], specs[1:]
    said = await crash_and_park(on, fatal)
    ended = await fallen(on)
    say(f"crash: {ended}; {said.message if said else 'nobody parked the twin'}")
    survivors = named(2) - set(ended)
    await settled(on, others, survivors)
    await scale(on, 2)
    await settled(on, others, named(2))
    return [
        Claim.of("workers that the crash brought down", len(ended), "==", 1),
        Claim.of("the twin is parked as crashed", said is not None and said.code == "crashed", "==", 1),
        Claim.of("other twins that don't run after the crash", len(await troubled(on, others)), "==", 0),
    ]


async def cost(twins: Sequence[int], warm_s: float, seconds: float) -> list[Cost]:
    """One worker with more and more twins."""
    found: list[Cost] = []
    async with platform(services=SERVICES) as on, swinging(on, max(twins), RATE_HZ):
        running = 0
        for count in twins:
            await start_all(on, [load(on, number, RATE_HZ) for number in range(running, count)])
            running = count
            await asyncio.sleep(warm_s)
            found.append(await measure(on, count, f"{WORKER}-0", seconds))
            say(f"{count} twins: {found[-1].us_per_frame:.0f} us per frame, {found[-1].frames} frames")
    return found


def pauses(evidences: Sequence[Evidence], moves: Sequence[Move], end_ms: int) -> list[float]:
    """For each move the longest pause of any twin."""
    began = [move.began_ms for move in moves]
    by_twin = [longest_pauses_s(evidence, began, end_ms) for evidence in evidences]
    return [max(column) for column in zip(*by_twin, strict=True)]


def unbroken(verdicts: Sequence[Verdict]) -> list[Claim]:
    """What is claimed of all streams together."""
    found = total(verdicts)
    zero = {
        "frames without a prediction": found["lost"],
        "predictions that aren't public": found["unpublished"],
        "public predictions doubled or out of order": found["doubled"] + found["disordered"],
        "ticks missing or twice": found["missing"] + found["twice"],
        "ticks that nobody wrote": found["named"],
        "repeats that differ, or of void records": found["unequal"] + found["void"],
        "rates lowered of twins that aren't to blame": found["slowed"],
    }
    return [Claim.of(name, count, "==", 0) for name, count in zero.items()]


async def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--twins", type=int, default=12)
    parser.add_argument("--rate", type=int, default=30, help="Hz, of each of them")
    parser.add_argument(
        "--session-ms", type=int, default=2500, help="workers' time-out; the bundled one is 2500"
    )
    parser.add_argument("--kills", type=int, default=5, help="during rebalances")
    parser.add_argument("--rest", type=float, default=3.0, help="seconds between two moves")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement of the cost")
    parser.add_argument(
        "--many", type=int, nargs="+", default=[50, 200], help="twins of the cost's measurements"
    )
    parser.add_argument("--seed", type=int, default=83)
    options = parser.parse_args()
    claims: list[Claim] = []
    moves: list[Move] = []
    away: list[float] = []
    variables = {**IMPATIENT, **FAULTY, SESSION: str(options.session_ms)}
    if set(options.only) - {"cost"}:
        async with platform(services=SERVICES, variables=variables) as on:
            specs = await start_all(on, [load(on, n, options.rate) for n in range(options.twins)])
            async with swinging(on, options.twins, options.rate):
                if "streams" in options.only:
                    moves = await rescale(on, specs, random.Random(options.seed), options.kills, options.rest)
                await scale(on, 2)
                await settled(on, specs, named(2))
                end_ms = time.time_ns() // 1_000_000
                if "overload" in options.only:
                    claims += await too_heavy(on, specs)
                if "crash" in options.only:
                    claims += await crashes(on, specs)
            evidences = await gather(on, specs)
        going_on = evidences[1:] if "crash" in options.only else evidences
        verdicts = [judge(evidence) for evidence in going_on]
        claims = unbroken(verdicts) + claims
        found = total(verdicts)
        print(f"{found['frames']} frames; {found['repeated']} predictions came again, equal in every byte")
        if moves:
            away = pauses(going_on, moves, end_ms)
            rows = zip(moves, away, strict=True)
            table(
                ["change of the workers", "settled s", "longest pause s", "twins by worker"],
                [[m.what, m.settled_s, pause, " ".join(map(str, m.holders.values()))] for m, pause in rows],
            )
            claims.append(Claim.of("longest pause of a stream, s", max(away), "<=", GOAL_S))
    costs = await cost(options.many, 10.0, options.seconds) if "cost" in options.only else []
    if costs:
        table(
            ["twins at 5 Hz", "frames/s", "of those due", "worker CPU", "us per frame"],
            [[c.twins, c.frames / c.seconds, c.share, c.cpu_s / c.seconds, c.us_per_frame] for c in costs],
        )
        growth = costs[-1].us_per_frame / costs[0].us_per_frame
        claims.append(Claim.of("cost of a frame with most twins, to that with fewest", growth, "<=", GROWTH))
        claims.append(Claim.of("frames made of those due, least", min(c.share for c in costs), ">=", SHARE))
    return conclude(claims, as_json=options.json, pauses_s=away, us_per_frame=[c.us_per_frame for c in costs])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
