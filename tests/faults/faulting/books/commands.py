"""What became of each command: answered once, effective once if it was accepted, and never if it was refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faulting.asking import Asked, Told
from faulting.books.journal import Identity

REVISING = ("CreateTwin", "StartTwin", "StopTwin", "UpdateTwin", "DeleteTwin")
"""Commands that make a revision when they are accepted."""
SEQUENCED = ("SetJointCommand", "ResetState", "SetRate")
"""Commands that become a journal record when they are accepted."""


@dataclass
class CommandBook:
    """What the topics say of commands; the answers that clients had are compared with it.

    Attributes:
        ids: ids of the commands that a request became, by its correlation id.
        kinds: record type by command id, of everything that was asked of an owner.
        answers: distinct answers by command id, as text; kept, because an old command may come once more.
        without: where the fold has refused commands that are in the journal, by command id; kept as well.
        accepted: requests that were accepted.
        lost: what was accepted, or taken, and has no effect or no answer.
        doubled: what took effect or was answered more than once, or took effect though it was refused.
    """

    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kinds: dict[str, str] = field(default_factory=dict)
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    without: dict[str, set[Identity]] = field(default_factory=lambda: defaultdict(set))
    accepted: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    _sequenced: dict[str, list[Identity]] = field(default_factory=lambda: defaultdict(list))

    def asked(self, correlation: str, command: str, kind: str) -> None:
        """A command is on its topic."""
        self.ids[correlation].add(command)
        self.kinds[command] = kind

    def answered(self, command: str, answer: str, without: Identity | None = None) -> None:
        """An answer is on its topic; a repeated one, under its own id, has the same text.

        Args:
            command: its id.
            answer: as text.
            without: the journal record at which the fold refuses it; None: it is another answer.
        """
        self.answers[command].add(answer)
        if without is not None:
            self.without[command].add(without)

    def settle(
        self,
        told: Sequence[Asked],
        sequenced: Mapping[str, Sequence[Identity]],
        revisions: Mapping[str, int],
        noted: frozenset[str],
    ) -> None:
        """Compare what clients were told, which all have ended, with what happened.

        Args:
            told: requests and their answers.
            sequenced: journal records in force by command id.
            revisions: how many revisions name a command, by its id.
            noted: command ids in the inbox of the control plane.
        """
        for asked in told:
            self.accepted += asked.told is Told.ACCEPTED
            self._one(asked, sequenced, revisions, noted)
        for command in self.kinds:
            if not self.answers[command]:
                self.lost.append(
                    f"{self.kinds[command]} {command} was taken by the broker and never answered"
                )
        for command, new in sequenced.items():
            effects = self._sequenced[command]
            effects += new
            if new and len(effects) > 1:
                self.doubled.append(f"{self.kinds.get(command)} {command} is in the journal at {effects}")
        for command, count in revisions.items():
            if count > 1:
                self.doubled.append(f"{self.kinds.get(command)} {command} made {count} revisions")
        for command, answers in self.answers.items():
            if len(answers) > 1 and command in self.kinds:
                self.doubled.append(f"{self.kinds[command]} {command} was answered {sorted(answers)}")
        self.ids.clear()
        self.kinds.clear()

    def _one(
        self,
        asked: Asked,
        sequenced: Mapping[str, Sequence[Identity]],
        revisions: Mapping[str, int],
        noted: frozenset[str],
    ) -> None:
        what, ids = f"{asked.kind} of {asked.about} ({asked.request})", self.ids[asked.request]
        if len(ids) > 1:
            self.doubled.append(f"{what} became {len(ids)} commands")
        if asked.told is Told.REFUSED and any(self._effects(each, sequenced, revisions) for each in ids):
            self.doubled.append(f"{what} was refused as {asked.code} and took effect")
        if asked.told is Told.UNKNOWN:
            if asked.code == "pending" and not ids:
                self.lost.append(f"{what} was taken and is on no topic")
            if any(not self.answers[each] for each in ids):
                self.lost.append(f"{what} was taken and never answered: {asked.code}")
            return
        if asked.told is not Told.ACCEPTED:
            return
        if asked.kind in SEQUENCED and not any(sequenced.get(each) for each in ids):
            self.lost.append(f"{what} was accepted and is in no journal")
        if asked.kind in REVISING and not any(revisions.get(each) for each in ids):
            self.lost.append(f"{what} was accepted and made no revision")
        if asked.kind in REVISING and not ids & noted:
            self.lost.append(f"{what} was accepted and isn't in the inbox")

    def _effects(
        self, command: str, sequenced: Mapping[str, Sequence[Identity]], revisions: Mapping[str, int]
    ) -> int:
        """How often a command took effect; a record that the fold has refused, there or in a later frame, didn't."""
        refusals = self.without.get(command, set())
        acted = [
            (incarnation, offset)
            for incarnation, offset in sequenced.get(command, ())
            if not any(those == incarnation and at >= offset for those, at in refusals)
        ]
        applied = sum(answer.startswith("applied") for answer in self.answers[command])
        return len(acted) + applied + revisions.get(command, 0)
