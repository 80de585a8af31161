"""Runs cells, one after the other on the stage that they share, and says what the checker found."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from faulting.cell import GOAL_S, Cell, Struck
from faulting.load import Weight
from faulting.stage import Stage, staged
from faulting.verdict import Verdict

GAPS = 0.05
"""This share of frames may say that the writer was away, where nothing that readings pass was struck."""


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
        """A recovery took longer than it may, or those that nobody had struck were silent for so long."""
        goal, others = self.cell.recovery.goal_s, max(self.verdict.others_s, default=0.0)
        return (goal is not None and max(self.verdict.recovery_s, default=0.0) > goal) or others > GOAL_S

    @property
    def unfelt(self) -> bool:
        """Nobody could tell how long most of the strikes were felt, so nothing is known of that."""
        return self.cell.recovery.goal_s is not None and 2 * len(self.verdict.recovery_s) < len(self.strikes)

    @property
    def gappy(self) -> bool:
        """The writers were away more often than a busy machine explains, and nobody had struck them."""
        return self.cell.spares_readings and self.verdict.gap_share > GAPS

    @property
    def idle(self) -> bool:
        """No command was accepted, so nothing is known of commands."""
        return not self.verdict.accepted

    @property
    def ok(self) -> bool:
        """Nothing was lost, doubled or late, and something could have been."""
        bad = self.late or self.unfelt or self.gappy or self.idle or self.broken
        return not (bad or any(True for _ in self.verdict.faults()))


def why(error: BaseException) -> str:
    """An error in one line; where it comes from is on standard error."""
    traceback.print_exception(error)
    return f"{type(error).__name__}: {error}"


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
                            last = left.pop(0)
                            row = await run_cell(stage, last, weight.seed, strikes)
                            yield row
                            broken = row.broken is not None  # the others get a new stage
            except Exception as error:  # noqa: BLE001 (other stages have cells of their own)
                reason = why(error)
                say(f"stage {name}: {reason}")
                if len(left) == began:  # it never stood
                    for cell in left:
                        yield Row(cell, (), Verdict(), 0.0, f"no stage: {reason}")
                    left.clear()
                else:
                    yield Row(last, (), Verdict(), 0.0, f"its stage didn't end in order: {reason}")


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
    began, struck, told = time.monotonic(), stage.struck, stage.load.client.log
    verdict, broken = Verdict(), None
    told.clear()
    struck.clear()
    stage.load.going.set()
    try:
        await _strike(stage, cell, random.Random(f"{seed}/{cell.name}"), strikes, struck)
        stage.load.check()
    except Exception as error:  # noqa: BLE001 (the checker's own, too: the cells that come have done nothing)
        broken = why(error)
    try:
        await stage.load.hush()
        verdict = await stage.checker.settle(struck, told, cell)
        stage.checker.forget()
    except Exception as error:  # noqa: BLE001 (likewise)
        broken = broken or f"the books can't be settled: {why(error)}"
    try:
        stage.look()
    except Exception as error:  # noqa: BLE001 (likewise)
        broken = broken or f"nobody knows who has ended: {why(error)}"
    verdict.fell = stage.lives.take()
    row = Row(cell, tuple(struck), verdict, time.monotonic() - began, broken)
    for name, found in verdict.faults():
        say(f"{cell.name}: {name} {len(found)}: {'; '.join(found[:5])}")
    for what, felt_s, by in (
        ("recovery", verdict.recovery_s, verdict.slowest),
        ("others", verdict.others_s, verdict.unlucky),
    ):
        if row.late and felt_s:
            say(f"{cell.name}: late: {what}: {by}: {max(felt_s):.2f} s")
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
