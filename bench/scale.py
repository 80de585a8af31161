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
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from _cost import RATE_HZ, Cost, grown, measure, start_all
from _crash import crash_and_park, fallen
from _faulty import VARIABLES as FAULTY
from _harness import Claim, arguments, conclude, table
from _overload import MODEST, MONSTROUS, Course, alone, overload, refused, troubled
from _overload import VARIABLES as IMPATIENT
from _plants import Plant, moving
from _platform import Platform, platform
from _rescaling import WORKER, Move, named, rescale, scale, settled
from _streams import judge, total
from _unbroken import HEARD, SHARE, complete, pauses, unbroken

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
AMID = 0.5
"""A rebalance may be over before a kill that was meant to come amid it; most aren't."""
HEAVY_HZ = 3
STARTS_S = 3.0
"""Until plants have started and are heard."""


def load(on: Platform, number: int, rate_hz: int = 30) -> TwinFile:
    """One pendulum of many."""
    file = on.read(EXAMPLE, ("pendulum", f"load-{number}"))
    text = file.text.replace("rate_hz: 30", f"rate_hz: {rate_hz}")
    return TwinFile(text, parse_twin(text, file.scene.name), file.scene)


def swinging(on: Platform, count: int, rate_hz: int = 30) -> AbstractAsyncContextManager[Plant]:
    """So many plants, for as long as the block lasts."""
    options = ("--broker", on.broker, "--count", str(count), "--seconds", "3000", "--rate", str(rate_hz))
    return moving(on, str(PLANTS), *options)


def amid(moves: Sequence[Move]) -> float:
    """The share of the kills that came while the group still shared its partitions."""
    kills = [move.amid for move in moves if move.amid is not None]
    return sum(kills) / len(kills) if kills else 1.0


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


async def cost(twins: Sequence[int], warm_s: float, seconds: float) -> tuple[list[Cost], list[Claim]]:
    """One worker with more and more twins, and with the first so many again: the machine may have changed meanwhile."""
    found: list[Cost] = []
    async with platform(services=SERVICES) as on, swinging(on, max(twins), RATE_HZ) as plants:
        running: list[TwinSpec] = []

        async def look() -> None:
            await asyncio.sleep(warm_s)
            found.append(await measure(on, len(running), f"{WORKER}-0", seconds))
            say(f"{len(running)} twins: {found[-1].us_per_frame:.0f} us per frame, {found[-1].frames} frames")

        for count in twins:
            running += await start_all(on, [load(on, n, RATE_HZ) for n in range(len(running), count)])
            await look()
        while len(running) > twins[0]:
            await on.twins.stop(running.pop().twin)
        await look()
        alive = plants.claim("cost: ")
    return found, [
        alive,
        Claim.of("cost of a frame with most twins, to that with fewest", grown(found), "<=", GROWTH),
        Claim.of("frames made of those due, least", min(each.share for each in found), ">=", SHARE),
        Claim.of(
            "cost: messages in frames of those due, least", min(each.arrived for each in found), ">=", HEARD
        ),
    ]


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
            async with swinging(on, options.twins, options.rate) as plants:
                await asyncio.sleep(STARTS_S)
                began_ms = time.time_ns() // 1_000_000
                if "streams" in options.only:
                    moves = await rescale(on, specs, random.Random(options.seed), options.kills, options.rest)
                await scale(on, 2)
                await settled(on, specs, named(2))
                end_ms = time.time_ns() // 1_000_000
                if "overload" in options.only:
                    claims += await too_heavy(on, specs)
                if "crash" in options.only:
                    claims += await crashes(on, specs)
                last_ms = time.time_ns() // 1_000_000
                claims.append(plants.claim())
            evidences = await gather(on, specs)
        going_on = evidences[1:] if "crash" in options.only else evidences
        verdicts = [judge(evidence) for evidence in going_on]
        there = complete(going_on, began_ms, last_ms, options.rate)
        claims = unbroken(verdicts) + there + claims
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
            claims.append(Claim.of("kills that came amid a rebalance, of all", amid(moves), ">=", AMID))
    costs: list[Cost] = []
    if "cost" in options.only:
        costs, of_cost = await cost(options.many, 10.0, options.seconds)
        claims += of_cost
        table(
            ["twins at 5 Hz", "frames/s", "of those due", "messages", "worker CPU", "us per frame"],
            [
                [c.twins, c.frames / c.seconds, c.share, c.arrived, c.cpu_s / c.seconds, c.us_per_frame]
                for c in costs
            ],
        )
    return conclude(claims, as_json=options.json, pauses_s=away, us_per_frame=[c.us_per_frame for c in costs])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
