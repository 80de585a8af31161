"""Workers added, removed and killed while twins run."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from _platform import Platform
from _rebalance import rebalancing

from twin_schemas.records import SimPhase, TwinSpec

WORKER = "sim-worker"
_FRESH_NS = 3_000_000_000
_LOOK_S = 0.2
_NEWBORN_S = 30.0
_SHARING_S = 0.05
"""The group shares its partitions for a tenth of a second and more, as each member comes at its next heartbeat."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the workers.

    Attributes:
        what: in words.
        began_ms: wall clock, ms since the Unix epoch.
        settled_s: from then until every twin was reported by a worker that stays.
        holders: twins by worker afterwards.
        amid: whether a worker was killed while the group shared its partitions; None: none was killed.
    """

    what: str
    began_ms: int
    settled_s: float
    holders: dict[str, int]
    amid: bool | None = None


async def holders(on: Platform, specs: Sequence[TwinSpec]) -> dict[str, str]:
    """Worker by twin, of those twins that were reported as running within three seconds."""
    wanted, fresh = {spec.twin for spec in specs}, time.time_ns() - _FRESH_NS
    reported = await on.twins.directory.reported()
    sims = [each.sim for each in reported if each.sim is not None and each.sim.twin in wanted]
    return {s.twin: s.worker for s in sims if s.phase is SimPhase.RUNNING and s.at_ns > fresh}


async def settled(
    on: Platform, specs: Sequence[TwinSpec], workers: set[str], patience_s: float = 180.0
) -> dict[str, int]:
    """Wait until all twins run, and exactly on these workers; says how many on each.

    Raises:
        RuntimeError: they don't.
    """
    deadline = time.monotonic() + patience_s
    while True:
        held = await holders(on, specs)
        if len(held) == len(specs) and set(held.values()) == workers:
            return {worker: list(held.values()).count(worker) for worker in sorted(workers)}
        if time.monotonic() > deadline:
            logs = "\n".join(line for worker in sorted(workers) for line in on.stack.log(worker, 12))
            raise RuntimeError(
                f"of {len(specs)} twins {len(held)} run, on {sorted(set(held.values()))}, not all on "
                f"{sorted(workers)}, after {patience_s:g} s; the workers' last lines:\n{logs}"
            )
        await asyncio.sleep(_LOOK_S)


def named(count: int) -> set[str]:
    """The workers of a stack that has so many."""
    return {f"{WORKER}-{index}" for index in range(count)}


async def scale(on: Platform, count: int) -> None:
    """So many workers; those that are too many get SIGTERM, those that have ended begin again.

    Raises:
        RuntimeError: the stack says that it can't.
    """
    code, said = await on.command("dev", "scale", f"{WORKER}={count}")
    if code != 0:
        raise RuntimeError(f"dev scale: {said}")


async def move(
    on: Platform,
    specs: Sequence[TwinSpec],
    what: str,
    change: Callable[[], Awaitable[bool | None]],
    workers: set[str],
) -> Move:
    """Make a change, which says whether it killed a worker amid a rebalance, and wait until it is over."""
    began, began_ms = time.monotonic(), time.time_ns() // 1_000_000
    amid = await change()
    held = await settled(on, specs, workers)
    done = Move(what, began_ms, time.monotonic() - began, held, amid)
    print(f"{what}: {held} after {done.settled_s:.1f} s", file=sys.stderr, flush=True)
    return done


async def kill_while_another_joins(on: Platform, victim: str, count: int, dice: random.Random) -> bool:
    """Begin a worker, and kill another one while the group shares its partitions with it.

    Returns:
        Whether the group was still about it behind the kill.
    """
    scaling = asyncio.create_task(scale(on, count))
    group = f"{on.settings.stream.topic_prefix}.{WORKER}"
    try:
        about_it = await rebalancing(on.settings.stream.brokers, group, _NEWBORN_S)
    except RuntimeError:
        await scaling  # it may know why
        raise
    try:
        await asyncio.sleep(dice.uniform(0.0, _SHARING_S))
        on.stack.signal(victim, signal.SIGKILL)
        return await about_it()
    finally:
        await scaling


async def rescale(
    on: Platform, specs: Sequence[TwinSpec], dice: random.Random, kills: int, rest_s: float
) -> list[Move]:
    """From one worker to three, kills during rebalances, and back to one; a rest between two moves."""
    moves: list[Move] = []

    async def then(what: str, change: Callable[[], Awaitable[bool | None]], workers: set[str]) -> None:
        moves.append(await move(on, specs, what, change, workers))
        await asyncio.sleep(rest_s)

    await then("1 to 2", lambda: scale(on, 2), named(2))
    await then("2 to 3", lambda: scale(on, 3), named(3))
    for _ in range(kills):
        victim = f"{WORKER}-{dice.randrange(3)}"
        await then(
            f"{victim} killed while a fourth joins",
            partial(kill_while_another_joins, on, victim, 4, dice),
            named(4) - {victim},
        )
        await then(f"{victim} again, the fourth goes", lambda: scale(on, 3), named(3))
    await then("3 to 1, by SIGTERM", lambda: scale(on, 1), named(1))
    return moves
