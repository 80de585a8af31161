"""Cells that set the wall clock of a service while it runs, with libfaketime; monotonic clocks go on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from faulting.archive import QUICK, Archive
from faulting.archiving import watched
from faulting.cell import GOAL_S, Cell, Measure, Recovery, Struck
from faulting.stage import Stage
from faulting.surroundings import WITH_ARCHIVIST, Built, Surroundings, running
from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.services import instances

JUMPS_S = (3600, -3600, 2, -2)
_READ_AGAIN_S = 1
_HOLD_S = (4.0, 7.0)
_SLACK_S = 0.9
"""Less than half of the smallest jump."""
_ANSWER_S = 3.0


@dataclass(frozen=True, slots=True)
class Clocks:
    """The wall clocks of service processes.

    Attributes:
        folder: a file for each process, by its name, with seconds that its clock is ahead.
    """

    folder: Path

    def ahead(self, process: str, seconds: int) -> None:
        """Set a clock; the process sees it within a second."""
        write_private(self.folder / process, f"{seconds:+d}\n")

    def variables(self, process: str, library: Path) -> dict[str, str]:
        """What puts a process under its clock."""
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / process),
            "FAKETIME_CACHE_DURATION": str(_READ_AGAIN_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # That mend is for old C libraries; here it makes threads that wait for the interpreter spin, which
            # takes half of a worker's processor time.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }


def libfaketime() -> Path:
    """The library.

    Raises:
        FileNotFoundError: it isn't installed.
    """
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise FileNotFoundError("libfaketime is missing; install it: apt-get install faketime")
    return found[0]


@asynccontextmanager
async def _build(home: Path, variables: Mapping[str, str]) -> AsyncIterator[Built]:
    library, clocks = libfaketime(), Clocks(home / "clocks")
    clocks.folder.mkdir(parents=True)
    names = [name for _, name in instances(WITH_ARCHIVIST)]
    for name in names:
        clocks.ahead(name, 0)
    async with running(EmbeddedStack(home, variables={**QUICK, **variables})) as stack:
        own = {name: clocks.variables(name, library) for name in names}
        await asyncio.to_thread(stack.scale, WITH_ARCHIVIST, variables_of=own)
        yield Built(
            stack,
            stack.connection,
            stack.connection.mqtt_url,
            {Clocks: clocks, Archive: Archive.of(stack.connection)},
        )


OWN_CLOCKS = Surroundings("own-clocks", _build)
"""One of each part; every service process has a wall clock of its own."""


async def jump(stage: Stage, dice: random.Random, *, service: str) -> Struck:
    """Set the clock of one process forth or back, and after some seconds right again.

    Raises:
        RuntimeError: the process's clock didn't follow.
    """
    clocks, process, seconds = stage.tool(Clocks), dice.choice(stage.processes(service)), dice.choice(JUMPS_S)
    twins, began_ns, began = stage.held_by(process), time.time_ns(), time.monotonic()
    clocks.ahead(process, seconds)
    try:
        held_s = _READ_AGAIN_S + dice.uniform(*_HOLD_S)
        await _shows(stage, process, seconds)
        await asyncio.sleep(max(0.0, began + held_s - time.monotonic()))
    finally:
        clocks.ahead(process, 0)
    await _shows(stage, process, 0)
    return Struck(f"clock of {process} {seconds:+d} s", began_ns, time.time_ns(), twins)


async def _shows(stage: Stage, process: str, seconds: int) -> None:
    """Wait until what a process writes to its log is that far ahead of this clock."""
    deadline = time.monotonic() + _READ_AGAIN_S + _ANSWER_S
    await asyncio.sleep(_READ_AGAIN_S)
    while True:
        log, asked = stage.ask_for_log(process), time.time()
        await asyncio.sleep(0.2)
        ahead = [at - asked for at in log.times()]
        if any(is_ahead(each, seconds) for each in ahead):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the clock of {process} isn't {seconds:+d} s ahead; its log: {ahead[-3:]}")


def is_ahead(measured_s: float, seconds: int) -> bool:
    """Whether a log's time, compared with that of the request, shows a clock that is set ahead so far."""
    return abs(measured_s - seconds) < _SLACK_S


_RECOVERY = {
    "api-gateway": Recovery(Measure.COMMANDS, GOAL_S),
    "scene-manager": Recovery(Measure.COMMANDS, GOAL_S),
    "sync-engine": Recovery(Measure.PREDICTIONS, GOAL_S),
    "sim-worker": Recovery(Measure.PREDICTIONS, GOAL_S),
    "archivist": Recovery(Measure.SEALING, GOAL_S, from_end=True),
}
"""An archivist whose clock is behind takes nothing for old enough to be sealed until it is right again."""

_STRIKES = {"archivist": watched(partial(jump, service="archivist"))}

CELLS: tuple[Cell, ...] = tuple(
    Cell(
        f"clock-{service}",
        "clocks",
        _STRIKES.get(service, partial(jump, service=service)),
        OWN_CLOCKS,
        recovery=_RECOVERY[service],
        says=f"the wall clock of a {service} jumps by an hour or 2 s, forth or back, and after 5 to 8 s back again",
    )
    for service in WITH_ARCHIVIST
)
