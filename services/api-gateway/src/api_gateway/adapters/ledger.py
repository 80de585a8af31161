"""What this process knows of recent commands: sent, and answered."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from twin_schemas.record import Record

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Note:
    """A command of somebody, and its answer if there is one."""

    org: str
    type: str
    answer: Record | None = None


class Ledger:
    """The newest commands by id; older ones are forgotten."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._notes: OrderedDict[str, Note] = OrderedDict()

    def sent(self, command: str, org: str, kind: str) -> None:
        """A command was written; what is known of it already stays."""
        self._notes.setdefault(command, Note(org, kind))
        if len(self._notes) > self._kept:
            self._notes.popitem(last=False)

    def answered(self, command: str, answer: Record) -> None:
        """Its answer came; one that comes before the broker's word on the command is found on the bus."""
        if (note := self._notes.get(command)) is not None:
            self._notes[command] = replace(note, answer=answer)

    def find(self, command: str) -> Note | None:
        """What is known of a command."""
        return self._notes.get(command)
