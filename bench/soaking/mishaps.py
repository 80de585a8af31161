"""Kills and freezes, one after the other, at seeded random moments: everything has its turn before anything again."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from _platform import Platform

from hanzo_twin.stack.state import Phase

KILLED, FROZEN = "killed", "frozen"
SERVICES = (
    "sim-worker-0",
    "sim-worker-1",
    "sync-engine",
    "sync-engine-1",
    "scene-manager",
    "api-gateway",
    "archivist",
)
PARTS = ("kafka", "mosquitto", "postgres", "seaweedfs", "issuer")
DECK = tuple((KILLED, part) for part in (*SERVICES, *PARTS)) + tuple((FROZEN, part) for part in SERVICES)
"""Of each kind and part one."""
FROZEN_S = 4.0
AWAY_S = 6.0
"""Longer than a session: somebody else takes over."""
RECOVERY_S = 5.0
"""The design's goal: so long after a fault of a service, with the bundled settings, everything goes on."""
APART_S = 15.0
"""Two never begin closer to each other, and between them is time for a recovery; half an hour has room for more."""
CALM_S = 30.0
"""At the end of a run nothing happens: everything has to be there, and to be seen."""

_SHARED = ("sim-worker", "sync-engine")


@dataclass(frozen=True, slots=True)
class Mishap:
    """What was done to a part.

    Attributes:
        at_s, until_s: from when until everything answered again; seconds since sampling began.
        kind: of it.
        part: to which it was done.
        others: parts that had ended besides, and were started again with it.
    """

    at_s: float
    until_s: float
    kind: str
    part: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        besides = f"; besides, these had ended: {', '.join(self.others)}" if self.others else ""
        return f"{self.part} {self.kind}, for {self.until_s - self.at_s:.1f} s{besides}"


def moments(seconds: float, dice: random.Random) -> list[float]:
    """When something happens in a run: as often as everything has its turn in half an hour, or as close as can be."""
    slot = max(APART_S, (seconds - CALM_S) / (len(DECK) + 1))
    return [(n + dice.uniform(0.0, 0.3)) * slot for n in range(int((seconds - CALM_S) / slot))]


def shuffled(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Cards without end; a deck is used up before the next is shuffled."""
    while True:
        yield from dice.sample(DECK, len(DECK))


def untouched(happened: Iterable[Mishap]) -> list[tuple[str, str]]:
    """Cards of the deck that had no turn."""
    return sorted(set(DECK) - {(each.kind, each.part) for each in happened})


async def happen(on: Platform, happened: list[Mishap], *, seconds: float, seed: int) -> None:
    """Mishaps for so many seconds from now on; enters each when it is over."""
    for _, part in DECK:
        on.stack.part(part)  # else it is unknown only when its turn comes
    dice = random.Random(seed)
    began = time.monotonic()
    for at_s, (kind, part) in zip(moments(seconds, dice), shuffled(dice), strict=False):
        rest_s = began + at_s - time.monotonic()
        await asyncio.sleep(max(rest_s, RECOVERY_S if happened else 0.0))
        if (at_s := time.monotonic() - began) > seconds - CALM_S:
            return
        others = await (_freeze if kind == FROZEN else _kill)(on, part)
        happened.append(Mishap(at_s, time.monotonic() - began, kind, part, others))
        print(f"{at_s / 60:5.1f} min: {happened[-1]}", file=sys.stderr, flush=True)


async def _freeze(on: Platform, part: str) -> tuple[str, ...]:
    on.stack.signal(part, signal.SIGSTOP)
    try:
        await asyncio.sleep(FROZEN_S)
    finally:
        on.stack.signal(part, signal.SIGCONT)
    return ()


async def _kill(on: Platform, part: str) -> tuple[str, ...]:
    await asyncio.to_thread(on.stack.kill, part)
    await asyncio.sleep(AWAY_S if part.startswith(_SHARED) else 1.0)
    ended = [each.name for each in on.stack.state.parts if each.phase is Phase.FAILED]
    await asyncio.to_thread(on.stack.restore)
    return tuple(name for name in ended if name != part)
