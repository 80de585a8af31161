"""Cells that restart a service in order, one process after the other, as an upgrade does."""

from __future__ import annotations

import asyncio
import random
import time

from faulting.cell import GOAL_S, Away, Cell, Kind, Measure, Recovery, Strike, Struck
from faulting.stage import Stage
from faulting.surroundings import PLAIN
from hanzo_twin.stack.rolling import restart

HAND_OVER_S = 1.0
"""Silence of a twin whose process hands it over: nobody has to notice anything first."""


def roll(service: str) -> Strike:
    """SIGTERM to each process of a service in turn; the next one when the new one answers."""

    async def strike(stage: Stage, dice: random.Random) -> Struck:
        stage.will_end(stage.processes(service))
        twins = None if service in ("sim-worker", "sync-engine") else frozenset[str]()
        began_ns = time.time_ns()
        done = await asyncio.to_thread(restart, stage.stack.home, [service])
        names = ", ".join(f"{each.name} in {each.seconds:.1f} s" for each in done)
        return Struck(f"rolling restart of {names}", began_ns, time.time_ns(), twins)

    return strike


def _row(service: str, recovery: Recovery) -> Cell:
    says = "SIGTERM to one process after the other, each replaced by a new one"
    away = Away.READINGS if service == "sync-engine" else Away.NEVER
    return Cell(f"roll-{service}", "upgrade", roll(service), PLAIN, Kind.OTHER, recovery, says, away)


CELLS: tuple[Cell, ...] = (
    _row("scene-manager", Recovery(Measure.COMMANDS, GOAL_S)),
    _row("api-gateway", Recovery(Measure.COMMANDS, GOAL_S)),
    _row("sim-worker", Recovery(Measure.PREDICTIONS, HAND_OVER_S)),
    _row("sync-engine", Recovery(Measure.PREDICTIONS, HAND_OVER_S)),
)
