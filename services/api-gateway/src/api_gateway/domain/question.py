"""What a command's sender takes for its answer: ids alone prove nothing, as whoever knows a key can compute them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twin_schemas.record import Record
from twin_schemas.records import CommandApplied, CommandRefused, ControlRefused, RequestRefused

CONFLICT: Final = "idempotency_conflict"
_PERSONAL: Final = frozenset({CONFLICT, "unauthenticated", "forbidden", "unknown_twin"})
_MAX_ACTOR: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """An answer on the bus.

    Attributes:
        org, actor: for whom, as its writer proved; no actor: it is about the twin, or nothing was proven.
        correlation_id: the request that it answers, or the first one of several that were one.
    """

    org: str
    actor: str
    correlation_id: str
    record: Record

    @property
    def about_twin(self) -> bool:
        """Whether it is about a command to a running twin."""
        return isinstance(self.record, CommandApplied | CommandRefused)

    @property
    def personal(self) -> bool:
        """Whether it is about who asked instead of what was asked: anybody may cause such an answer to any id."""
        match self.record:
            case RequestRefused():
                return True
            case ControlRefused(code=code) | CommandRefused(code=code):
                return code in _PERSONAL
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Question:
    """A command, as its sender knows it.

    Attributes:
        command: its id.
        request_id: of the request that it was made for.
        digest: names the request's content, under an idempotency key.
        twin: that it is for, when it goes to a running one.
    """

    command: str
    request_id: str
    org: str
    actor: str
    digest: str | None = None
    twin: str | None = None

    def takes(self, said: Said) -> bool:
        """Whether an answer with this command's id is its answer."""
        if said.org != self.org or said.actor not in ("", self.actor[:_MAX_ACTOR]):
            return False
        if said.personal and said.correlation_id != self.request_id:
            return False
        if isinstance(said.record, CommandApplied | CommandRefused):
            return self.twin in (None, said.record.twin)
        return True
