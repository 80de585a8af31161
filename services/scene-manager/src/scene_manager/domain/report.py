"""What a worker says of a twin, and what holds beside its phase."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from twin_schemas.records.sim_phase import SimPhase

PARKED: Final = "parked"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds beside the phase.

    Attributes:
        kind: `degraded`, `stale`, `parked` and the like.
        since_ns: ns since the Unix epoch.
        message: why, and what to do.
    """

    kind: str
    since_ns: int
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker said of a twin.

    Attributes:
        revision: the revision that the worker acts on.
        offset: where the report lies in the status topic; later ones are larger, unless the topic was set back.
        taken_ms: when the broker took it, in ms since the Unix epoch; 0: not known.
        code: reason of a failure.
        message: what is wrong and what to do.
        conditions: what holds beside the phase.
        folded: last offset of the journal that counted; -1: none.
        at_ns: when, in ns since the Unix epoch.
    """

    phase: SimPhase
    revision: int
    offset: int
    code: str | None = None
    message: str | None = None
    conditions: tuple[Condition, ...] = ()
    folded: int = -1
    at_ns: int = 0
    taken_ms: int = 0

    def holding(self, known: Iterable[Condition]) -> tuple[Condition, ...]:
        """What holds now, each since it was first known, in the order of the kinds."""
        since = {condition.kind: condition.since_ns for condition in known}
        found = {condition.kind: condition for condition in self.conditions}
        if self.phase is SimPhase.PARKED and PARKED not in found:
            why = f"after journal offset {self.folded}: {self.message or self.code or 'no reason given'}"
            found[PARKED] = Condition(PARKED, self.at_ns, why)
        return tuple(
            replace(found[kind], since_ns=since.get(kind, found[kind].since_ns)) for kind in sorted(found)
        )
