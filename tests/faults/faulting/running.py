"""Runs cells, one after the other on the stage that they share, and says what the checker found."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import asyncpg
from confluent_kafka import KafkaException

from faulting.cell import Cell, Struck
from faulting.load import Weight
from faulting.stage import NotHealthy, Stage, staged
from faulting.verdict import Verdict
from hanzo_twin.stack.errors import StackError

_BROKEN = (NotHealthy, StackError, TimeoutError, OSError, RuntimeError, KafkaException)
"""What a platform can do that ends a cell early, and is a finding."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a cell.

    Attributes:
        cell: that was run.
        strikes: that were made.
        verdict: what the checker found.
        seconds: how long it took.
        broken: why it ended early; None: it didn't.
    """

    cell: Cell
    strikes: tuple[Struck, ...]
    verdict: Verdict
    seconds: float
    broken: str | None = None

    @property
    def late(self) -> bool:
        """A recovery took longer than it may."""
        goal = self.cell.recovery.goal_s
        return goal is not None and max(self.verdict.recovery_s, default=0.0) > goal

    @property
    def ok(self) -> bool:
        """Nothing was lost, doubled or late."""
        return not (any(True for _ in self.verdict.faults()) or self.late or self.broken)


def say(line: str) -> None:
    """Tell whoever watches."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)  # noqa: T201


async def run_cells(
    cells: Sequence[Cell],
    *,
    weight: Weight,
    strikes: int | None = None,
    variables: Mapping[str, str] | None = None,
    keep: Path | None = None,
) -> AsyncIterator[Row]:
    """Run cells; those with the same surroundings share a stage.

    Args:
        cells: in any order.
        weight: of the load; its seed decides when and where faults strike, too.
        strikes: of each cell; None: as many as its kind wants.
        variables: settings of the services.
        keep: folder in which data and logs of the stages are left; None: nothing is.
    """
    ordered = sorted(cells, key=lambda cell: cell.surroundings.name)
    for name, group in groupby(ordered, key=lambda cell: cell.surroundings.name):
        left = list(group)
        while left:
            say(f"stage {name}: starting")
            began = len(left)
            try:
                with _folder(keep) as folder:
                    async with staged(left[0].surroundings, folder, weight, variables) as stage:
                        await stage.checker.settle([], [])  # how it all began isn't a cell's
                        broken = False
                        while left and not broken:
                            row = await run_cell(stage, left.pop(0), weight.seed, strikes)
                            yield row
                            broken = row.broken is not None  # the others get a new stage
            except (*_BROKEN, asyncpg.PostgresError) as error:
                say(f"stage {name}: {type(error).__name__}: {error}")
                if len(left) == began:  # it never stood: the cells of other stages have theirs
                    for cell in left:
                        yield Row(cell, (), Verdict(), 0.0, f"no stage: {type(error).__name__}: {error}")
                    left.clear()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield Path(tempfile.mkdtemp(prefix="stage-", dir=keep))
        return
    with tempfile.TemporaryDirectory(prefix="twin-faults-") as folder:
        yield Path(folder)


async def run_cell(stage: Stage, cell: Cell, seed: int, strikes: int | None = None) -> Row:
    """Strike so many times, then settle the books; a platform that doesn't come back ends the cell early."""
    began, struck, told = time.monotonic(), list[Struck](), stage.load.client.log
    verdict, broken = Verdict(), None
    told.clear()
    stage.load.going.set()
    try:
        await _strike(stage, cell, random.Random(f"{seed}/{cell.name}"), strikes, struck)
    except _BROKEN as error:
        broken = f"{type(error).__name__}: {error}"
    try:
        await stage.load.hush()
        verdict = await stage.checker.settle(struck, told, cell.recovery, cell.away, cell.refusals)
    except (*_BROKEN, asyncpg.PostgresError) as error:
        broken = broken or f"the books can't be settled: {type(error).__name__}: {error}"
    row = Row(cell, tuple(struck), verdict, time.monotonic() - began, broken)
    for name, found in verdict.faults():
        say(f"{cell.name}: {name} {len(found)}: {'; '.join(found[:5])}")
    if row.late:
        say(f"{cell.name}: late: {verdict.slowest}: {max(verdict.recovery_s):.2f} s")
    if broken is not None:
        say(f"{cell.name}: broken off: {broken}")
    return row


async def _strike(
    stage: Stage, cell: Cell, dice: random.Random, strikes: int | None, struck: list[Struck]
) -> None:
    """Strike and wait until all is well again, so many times."""
    for number in range(cell.kind.strikes if strikes is None else strikes):
        await asyncio.sleep(dice.uniform(0.3, 1.5))
        struck.append(await cell.strike(stage, dice))
        say(f"{cell.name} {number + 1}: {struck[-1].what}")
        await stage.healthy()
        struck[-1] = replace(struck[-1], well_ns=time.time_ns())
