"""Cells of the archivist, which seals journals to object storage: it dies, or has nowhere to seal to."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from faulting.archive import QUICK, Archive
from faulting.cell import GOAL_S, Cell, Kind, Measure, Recovery, Strike, Struck
from faulting.processes import freeze_service
from faulting.rolling import roll
from faulting.stage import Stage
from faulting.surroundings import WITH_ARCHIVIST, Built, Surroundings, running
from hanzo_twin.stack import EmbeddedStack

ARCHIVIST = "archivist"
_DOWN_S = (0.0, 3.0)
_AWAY_S = (6.0, 10.0)
_LATER_S = 0.5
_SEALING = Recovery(Measure.SEALING, GOAL_S, from_end=True)


@asynccontextmanager
async def _build(home: Path, variables: Mapping[str, str]) -> AsyncIterator[Built]:
    async with running(
        EmbeddedStack(home, services=WITH_ARCHIVIST, variables={**QUICK, **variables})
    ) as stack:
        there = stack.connection
        yield Built(stack, there, there.mqtt_url, {Archive: Archive.of(there)})


ARCHIVING = Surroundings("archiving", _build)
"""One of each part, nothing between them, and an archivist that is in a hurry."""


def watched(strike: Strike) -> Strike:
    """The strike, and then as much time as sealing may take: a partition that still waits has waited too long."""

    async def strike_and_wait(stage: Stage, dice: random.Random) -> Struck:
        struck = await strike(stage, dice)
        await asyncio.sleep(GOAL_S + _LATER_S)
        return struck

    return strike_and_wait


async def kill(stage: Stage, dice: random.Random) -> Struck:
    """SIGKILL of the archivist; it is started again after a moment."""
    began_ns = await stage.kill(ARCHIVIST)
    await asyncio.sleep(dice.uniform(*_DOWN_S))
    return Struck(f"SIGKILL of {ARCHIVIST}", began_ns, await stage.restore(), frozenset())


async def leave_without_storage(stage: Stage, dice: random.Random) -> Struck:
    """Object storage is away for longer than the archivist waits between its attempts."""
    began_ns, seconds = await stage.kill("seaweedfs"), dice.uniform(*_AWAY_S)
    await asyncio.sleep(seconds)
    await stage.restore()
    return Struck(f"object storage away for {seconds:.1f} s", began_ns, time.time_ns())


CELLS: tuple[Cell, ...] = (
    Cell(
        "kill-archivist",
        "archive",
        watched(kill),
        ARCHIVING,
        Kind.KILL,
        _SEALING,
        "SIGKILL of the archivist amid sealing, started again after up to 3 s",
    ),
    Cell(
        "freeze-archivist",
        "archive",
        watched(freeze_service(ARCHIVIST)),
        ARCHIVING,
        Kind.OTHER,
        _SEALING,
        "the archivist frozen for longer than its session, then awake again",
    ),
    Cell(
        "roll-archivist",
        "archive",
        watched(roll(ARCHIVIST)),
        ARCHIVING,
        Kind.OTHER,
        _SEALING,
        "another archivist beside it, SIGTERM to the first, and back again",
    ),
    Cell(
        "archive-away",
        "archive",
        watched(leave_without_storage),
        ARCHIVING,
        Kind.OTHER,
        _SEALING,
        "object storage is away for 6 to 10 s, amid sealing",
    ),
)
