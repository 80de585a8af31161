"""Cells that kill or freeze a process."""

from __future__ import annotations

import asyncio
import random
import time

from faulting.cell import GOAL_S, SESSION_S, Away, Cell, Kind, Measure, Recovery, Strike, Struck
from faulting.stage import Stage
from faulting.surroundings import PLAIN

FROZEN_S = SESSION_S + 2.5

_FOLDING = Recovery(Measure.PREDICTIONS, GOAL_S)
_CONTROL = Recovery(Measure.COMMANDS, GOAL_S)
_PART = Recovery(Measure.PREDICTIONS, from_end=True)
_ASKING = Recovery(Measure.COMMANDS, from_end=True)
_AWAKE = Recovery(Measure.COMMANDS, GOAL_S, from_end=True)
"""A frozen gateway still gets its share of what comes to the port: it answers that when it is awake."""


def _victim(stage: Stage, service: str, dice: random.Random) -> tuple[str, frozenset[str]]:
    """A process, one that has twins if the service has, and the twins that it has."""
    names = stage.processes(service)
    name = dice.choice([name for name in names if stage.held_by(name)] or names)
    return name, stage.held_by(name)


def kill_service(service: str) -> Strike:
    """SIGKILL of one process; it is started again when the other one has taken over, if there is another."""

    async def strike(stage: Stage, dice: random.Random) -> Struck:
        name, twins = _victim(stage, service, dice)
        began_ns = await stage.kill(name)
        if twins:
            await stage.taken_over(service, name)
        elif len(stage.processes(service)) > 1:
            await asyncio.sleep(SESSION_S + 1.0)
        return Struck(f"SIGKILL of {name}", began_ns, await stage.restore(), twins)

    return strike


def freeze_service(service: str) -> Strike:
    """SIGSTOP of one process for longer than its session, then SIGCONT: it wakes up as a zombie."""

    async def strike(stage: Stage, dice: random.Random) -> Struck:
        name, twins = _victim(stage, service, dice)
        began_ns = stage.pause(name)
        try:
            await asyncio.sleep(FROZEN_S + dice.uniform(0.0, 1.0))
        finally:
            ended_ns = stage.resume(name)
        return Struck(f"SIGSTOP and SIGCONT of {name}", began_ns, ended_ns, twins)

    return strike


def kill_part(part: str) -> Strike:
    """SIGKILL of a part; it is started again after a moment."""

    async def strike(stage: Stage, dice: random.Random) -> Struck:
        began_ns = await stage.kill(part)
        await asyncio.sleep(dice.uniform(0.0, 2.0))
        twins = frozenset[str]() if part == "postgres" else None  # no twin needs that one to go on
        ended_ns = await stage.restore()
        return Struck(f"SIGKILL of {part}", began_ns, ended_ns, twins, on_the_way_in=part == "mosquitto")

    return strike


async def _nothing(stage: Stage, dice: random.Random) -> Struck:
    began_ns = time.time_ns()
    await asyncio.sleep(dice.uniform(2.0, 4.0))
    return Struck("nothing", began_ns, time.time_ns())


def _row(name: str, group: str, strike: Strike, kind: Kind, recovery: Recovery, says: str) -> Cell:
    away = Away.TICKS if name.endswith(("sync-engine", "kafka")) else Away.NEVER
    way_in = name.endswith("mosquitto")
    return Cell(name, group, strike, PLAIN, kind, recovery, says, away, on_the_way_in=way_in)


_AS_LONG = "frozen for longer than its session, then awake again"

CELLS: tuple[Cell, ...] = (
    _row("nothing", "control", _nothing, Kind.OTHER, _FOLDING, "no fault at all: the books balance"),
    _row(
        "kill-api-gateway", "kill", kill_service("api-gateway"), Kind.KILL, _CONTROL, "SIGKILL of one of two"
    ),
    _row(
        "kill-scene-manager",
        "kill",
        kill_service("scene-manager"),
        Kind.KILL,
        _CONTROL,
        "SIGKILL of one of two",
    ),
    _row(
        "kill-sync-engine", "kill", kill_service("sync-engine"), Kind.KILL, _FOLDING, "SIGKILL of one of two"
    ),
    _row("kill-sim-worker", "kill", kill_service("sim-worker"), Kind.KILL, _FOLDING, "SIGKILL of one of two"),
    _row("kill-kafka", "kill", kill_part("kafka"), Kind.KILL, _PART, "SIGKILL, started again"),
    _row(
        "kill-postgres",
        "kill",
        kill_part("postgres"),
        Kind.KILL,
        _ASKING,
        "SIGKILL, started again",
    ),
    _row("kill-seaweedfs", "kill", kill_part("seaweedfs"), Kind.KILL, Recovery(), "SIGKILL, started again"),
    _row("kill-mosquitto", "kill", kill_part("mosquitto"), Kind.KILL, _PART, "SIGKILL, started again"),
    _row(
        "freeze-api-gateway",
        "freeze",
        freeze_service("api-gateway"),
        Kind.OTHER,
        _AWAKE,
        _AS_LONG,
    ),
    _row("freeze-scene-manager", "freeze", freeze_service("scene-manager"), Kind.OTHER, _CONTROL, _AS_LONG),
    _row("freeze-sync-engine", "freeze", freeze_service("sync-engine"), Kind.OTHER, _FOLDING, _AS_LONG),
    _row("freeze-sim-worker", "freeze", freeze_service("sim-worker"), Kind.OTHER, _FOLDING, _AS_LONG),
)
