"""What this process knows of recent commands: which it sent, and what everybody's came to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from api_gateway.domain.question import CONFLICT, Question, Said
from api_gateway.errors import Problem
from twin_schemas.record import Record

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Note:
    """A command that this process sent, and its answer if there is one."""

    question: Question
    type: str
    answer: Record | None = None


class Ledger:
    """The newest commands by id, and the newest answers to anybody's; older ones are forgotten."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._notes: OrderedDict[str, Note] = OrderedDict()
        self._heard: OrderedDict[tuple[str, str], tuple[Said, ...]] = OrderedDict()

    def sent(self, question: Question, kind: str) -> None:
        """A command was written; what is known of it already stays."""
        self._notes.setdefault(question.command, Note(question, kind))
        if len(self._notes) > self._kept:
            self._notes.popitem(last=False)

    def require_same(self, question: Question) -> None:
        """An idempotency key stands for one request, whatever kind of command that becomes.

        Raises:
            Problem: `idempotency_conflict`: another request with the same key was sent here, or answered anywhere.
        """
        note = self._notes.get(question.command)
        known = [said for said in self.answers(question.org, question.command) if question.takes(said)]
        other_kind = any(said.about_twin != (question.twin is not None) for said in known)
        if other_kind or (note is not None and note.question.digest != question.digest):
            raise Problem(CONFLICT, "the idempotency key belongs to another request")

    def answered(self, command: str, said: Said) -> None:
        """Its answer came; one that comes before the broker's word on the command is kept with everybody's."""
        note = self._notes.get(command)
        if note is not None and note.question.takes(said) and not (said.personal and note.answer is not None):
            self._notes[command] = replace(note, answer=said.record)

    def heard(self, command: str, said: Said) -> None:
        """An answer to anybody's command; one about who asked tells nothing of the command."""
        if said.personal:
            return
        place = (said.org, command)
        others = (each for each in self._heard.get(place, ()) if each.actor != said.actor)
        self._heard[place] = (*others, said)[-2:]
        if len(self._heard) > self._kept:
            self._heard.popitem(last=False)

    def find(self, org: str, command: str) -> Note | None:
        """What is known of a command that this process sent."""
        note = self._notes.get(command)
        return note if note is not None and note.question.org == org else None

    def answers(self, org: str, command: str) -> Iterable[Said]:
        """What was heard of a command of an organisation, whoever sent it."""
        return self._heard.get((org, command), ())

    def forget(self) -> None:
        """Know nothing any more."""
        self._notes.clear()
        self._heard.clear()
