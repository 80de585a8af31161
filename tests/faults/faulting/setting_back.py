"""A cell that sets the broker's folder back to what it was some seconds ago: acknowledged records are gone."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from faulting.cell import Away, Cell, Kind, Recovery, Struck
from faulting.marks import KeptMarks
from faulting.stage import NotHealthy, Stage
from faulting.surroundings import WITH_ARCHIVIST, Built, Surroundings, running
from hanzo_twin.stack import EmbeddedStack

QUICK = {"HANZO_TWIN_RETENTION_MARK_S": "0.2"}
"""How far each journal reaches is noted outside of the broker all the time."""

_KAFKA = "kafka"
_LOST_S = (3.0, 6.0)
_PARKED = ("not_running",)
"""A command may reach a journal before its worker has noticed that its tail is lost: it is refused by name."""


@asynccontextmanager
async def _build(home: Path, variables: Mapping[str, str]) -> AsyncIterator[Built]:
    async with running(
        EmbeddedStack(home, services=WITH_ARCHIVIST, variables={**QUICK, **variables})
    ) as stack:
        there = stack.connection
        yield Built(stack, there, there.mqtt_url, {KeptMarks: KeptMarks.of(there)})


MARKED = Surroundings("marked", _build)
"""One of each part, nothing between them, and an archivist that notes how far the journals reach."""


async def set_back(stage: Stage, dice: random.Random) -> Struck:
    """Copy the broker's folder, go on for some seconds, kill everything, and start it again with the copy.

    Nobody commands anything meanwhile: what clients were told of a past that never was can't be kept. Marks are waited
    for: nobody can notice that what lies behind the newest one is lost.

    Raises:
        NotHealthy: the books of what was before don't balance.
        TimeoutError: no mark was noted behind what the copy has.
    """
    marks = stage.tool(KeptMarks)
    folder, copy = stage.stack.home.data / _KAFKA, stage.stack.home.data / f"{_KAFKA}-earlier"
    await _close_books(stage)
    began_ns = await stage.kill(_KAFKA)
    await asyncio.to_thread(shutil.copytree, folder, copy)
    await stage.restore()
    await stage.healthy()
    ends = await marks.ends()
    await asyncio.sleep(dice.uniform(*_LOST_S))
    await marks.behind(ends)
    await stage.checker.lose()
    for name in [*(part.name for part in stage.stack.state.parts if part.service), _KAFKA]:
        await stage.kill(name)
    await asyncio.to_thread(shutil.rmtree, folder)
    await asyncio.to_thread(copy.rename, folder)
    back_ns = await stage.restore()
    stage.load.going.set()
    lost_s = (time.time_ns() - began_ns) / 1e9
    return Struck(f"set {_KAFKA} back by {lost_s:.0f} s", began_ns, back_ns)


async def _close_books(stage: Stage) -> None:
    told = stage.load.client.log
    await stage.load.hush()
    before = await stage.checker.settle(stage.struck, told, CELLS[0])  # the strikes before it may show here
    told.clear()
    if found := dict(before.faults()):
        raise NotHealthy(f"before the broker was set back: {found}")


CELLS: tuple[Cell, ...] = (
    Cell(
        "set-back-kafka",
        "archive",
        set_back,
        MARKED,
        Kind.OTHER,
        Recovery(from_end=True),
        "the broker's folder is that of some seconds ago, and every process is started again",
        Away.TICKS,
        _PARKED,
    ),
)
