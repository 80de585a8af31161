"""Cells that cut the network between the services and a part, let it swallow bytes, or slow it down."""

from __future__ import annotations

import asyncio
import random
import time
from functools import partial

from faulting.cell import Away, Cell, Measure, Recovery, Strike, Struck
from faulting.environment.network import PARTS, PROCESSES, PROXIED, Network
from faulting.stage import Stage

_SAYS = {
    "cut": "every connection is reset, and so are new ones, for 2 to 6 s",
    "hole": "connections stay, but no byte comes through, for 3 to 8 s",
    "slow": "every piece waits 50 to 150 ms each way, for 5 s",
}
_WRITERS = tuple(name for name in PROCESSES if name.startswith("sync-engine")) * 2
"""More likely than others to be cut off alone: they publish what others may publish, too."""
_SECONDS = {"cut": (2.0, 6.0), "hole": (3.0, 8.0), "slow": (5.0, 5.0)}


async def fail(stage: Stage, dice: random.Random, *, part: str, mode: str, alone: bool) -> Struck:
    """Let the network to a part fail for all processes, or for one."""
    network = stage.tool(Network)
    who = dice.choice(PROCESSES + _WRITERS) if alone else None
    links, seconds = network.of(part, who), dice.uniform(*_SECONDS[mode])
    twins = stage.held_by(who) if who else frozenset[str]() if part == "postgres" else None
    began_ns = time.time_ns()
    await network.fail(links, mode, delay_s=dice.uniform(0.05, 0.15))
    try:
        await asyncio.sleep(seconds)
    finally:
        await network.heal()
    return Struck(
        f"{mode} {part} for {who or 'all'}, {seconds:.1f} s",
        began_ns,
        time.time_ns(),
        twins,
        writers=who is None or who in _WRITERS,
        on_the_way_in=part == "mosquitto" and mode != "slow",
    )


def _cell(part: str, mode: str, *, alone: bool = False) -> Cell:
    strike: Strike = partial(fail, part=part, mode=mode, alone=alone)
    name = f"{mode}-{part}{'-one' if alone else ''}"
    says = f"network between {'one process' if alone else 'all services'} and {part}: {_SAYS[mode]}"
    away = Away.TICKS if part == "kafka" and mode != "slow" else Away.NEVER
    by = Measure.COMMANDS if part == "postgres" else Measure.PREDICTIONS
    recovery = Recovery(by, from_end=part != "seaweedfs")
    way_in = part in ("mosquitto", "kafka")
    return Cell(
        name, "network", strike, PROXIED, recovery=recovery, says=says, away=away, on_the_way_in=way_in
    )


CELLS: tuple[Cell, ...] = (
    *(_cell(part, mode) for part in PARTS for mode in _SAYS),
    *(_cell("kafka", mode, alone=True) for mode in ("cut", "hole")),
)
