"""A cell of the table of faults: one kind of fault, injected several times into a running platform."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faulting.stage import Stage
    from faulting.surroundings import Surroundings


class Kind(StrEnum):
    """How often a cell strikes unless somebody says otherwise."""

    KILL = "kill"
    OTHER = "other"

    @property
    def strikes(self) -> int:
        return 20 if self is Kind.KILL else 5


class Away(StrEnum):
    """What a cell may cost because those who write journals are away for a while."""

    NEVER = "never"
    """Nothing: it strikes nobody who writes."""
    READINGS = "readings"
    """Readings of that time, as another one takes over; every tick has its frame."""
    TICKS = "ticks"
    """Ticks, too, as far as discontinuities name them."""


SESSION_S = 2.5
"""Session time-out of the bundled settings."""
GOAL_S = min(SESSION_S + 2.0, 5.0)
"""So long a strike on a service may be felt: by those whom it served, and by its colleagues' twins at most as long."""


class Measure(StrEnum):
    """What is silent while a fault lasts."""

    PREDICTIONS = "predictions"
    """The longest silence of the public stream of any twin concerned, from the strike on."""
    COMMANDS = "commands"
    """The longest time that a command which was open after the strike had to wait for its answer."""
    SEALING = "sealing"
    """The longest time that a journal record had to wait until a range with it was announced; usually two seconds."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a cell's recovery is measured.

    Attributes:
        by: what has to come back.
        goal_s: how long that may take, in seconds; None: it is told and not judged.
        from_end: counted from when the fault is gone: of what was struck there is only one, and nobody can do anything
            before.
    """

    by: Measure = Measure.PREDICTIONS
    goal_s: float | None = None
    from_end: bool = False


AFTERWARDS_NS = 6_000_000_000
"""What was struck may leave gaps for so long after the fault is gone."""
_BEFORE_NS = 1_000_000_000
"""What the writer had not yet written when it was struck is so old at most."""


@dataclass(frozen=True, slots=True)
class Struck:
    """One strike: a fault that was injected, and removed again.

    Attributes:
        what: in words, with the name of the instance.
        began_ns: wall clock when it began, ns since the Unix epoch.
        ended_ns: wall clock when it was removed.
        twins: ids of the twins whose service it was; None: all.
        writers: it struck those who write journals, or what they need for it; otherwise it excuses nothing.
        on_the_way_in: it was between plants and sync engines: readings that the MQTT broker had acknowledged may have
            gone with it.
        well_ns: when everything was reported as healthy again; 0: it never was.
    """

    what: str
    began_ns: int
    ended_ns: int
    twins: frozenset[str] | None = None
    writers: bool = True
    on_the_way_in: bool = False
    well_ns: int = 0

    def concerns(self, twin: str | None) -> bool:
        """Whether it struck what this twin depends on; None is one of which nobody has noted who serves it."""
        return self.twins is None or twin in self.twins or (twin is None and bool(self.twins))

    def excuses(self, first_ns: int, last_ns: int, twin: str | None) -> bool:
        """Whether what a twin missed from one time to another may be for this reason."""
        if not (self.writers and self.concerns(twin)):
            return False
        until_ns = max(self.ended_ns + AFTERWARDS_NS, self.well_ns)
        return last_ns >= self.began_ns - _BEFORE_NS and (first_ns <= until_ns or not self.well_ns)


Strike = Callable[["Stage", random.Random], Awaitable[Struck]]
"""Injects one fault and removes it; returns as soon as it is removed. The stage is healthy before, and the caller waits
until it is healthy again. It takes every choice from the dice, and never waits without an end.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the table.

    Attributes:
        name: unique, such as "kill-sim-worker".
        group: cells of a group are told together.
        strike: injects one fault and removes it.
        surroundings: of the stage; cells with the same ones share it.
        kind: says how often it strikes.
        recovery: how recovery is measured.
        says: what happens, in one line for `--list`.
        away: what it may cost that nobody writes meanwhile.
        refusals: codes with which requests may be refused, by name, while it happens.
        on_the_way_in: it strikes what readings pass on their way to a journal, though nobody who writes is away.
    """

    name: str
    group: str
    strike: Strike
    surroundings: Surroundings
    kind: Kind = Kind.OTHER
    recovery: Recovery = Recovery()
    says: str = ""
    away: Away = Away.NEVER
    refusals: tuple[str, ...] = ()
    on_the_way_in: bool = False

    @property
    def spares_readings(self) -> bool:
        """Whether every reading has its way into a frame of its own tick."""
        return self.away is Away.NEVER and not self.on_the_way_in
