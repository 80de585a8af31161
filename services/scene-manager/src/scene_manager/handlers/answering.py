"""One command, one transaction, one answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scene_manager.domain.audit import accepted
from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import BlobUnwanted, Effect, Fact
from scene_manager.domain.outbox import Draft
from scene_manager.domain.ports import Encode, Transaction, UnitOfWork
from scene_manager.errors import Refused
from twin_schemas.record import Record
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused

MAX_MESSAGE = 4000
"""Characters of a refusal's message."""

Decide = Callable[[Transaction], Awaitable[Decision]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Decides on commands, and commits decision, answer and what follows together.

    An answer is a fact for everybody, and goes as well to the partition that the asker reads, if it named one.
    A refusal is an answer, too: a repeated command gets the same one, whatever has become possible meanwhile.
    """

    work: UnitOfWork
    encode: Encode

    async def answer(self, name: str, action: str, asked: Asked, decide: Decide) -> bool:
        """Decide on a command.

        Args:
            name: record type of the command.
            action: what it is to those who follow who did what.
            asked: its circumstances.
            decide: runs in the transaction.

        Returns:
            Whether the command was new.

        Raises:
            DatabaseUnreachable: nothing of it has been kept; try again.
        """

        async def decided(tx: Transaction) -> None:
            try:
                async with tx.attempt():
                    decision = await decide(tx)
            except Refused as refused:
                unwanted = [BlobUnwanted(asked.key, digest) for digest in refused.unwanted]
                left = [self.encode(effect, asked.cause, None) for effect in unwanted]
                await tx.emit([*self._refusal(name, asked, refused), *left])
                return
            record = ControlAccepted(
                name,
                decision.id,
                decision.name,
                decision.version,
                restart_needed=list(decision.restart_needed),
            )
            effects = decision.effects
            if effects:
                effects = (*effects, accepted(action, asked, decision))
            await tx.emit(
                [
                    *self._said(asked, decision.id, record, decision.reply),
                    *(self.encode(effect, asked.cause, None) for effect in effects),
                ]
            )

        return await self.work.once(asked.note, decided, lambda: self._conflict(name, asked))

    async def deny(self, name: str, asked: Asked, refused: Refused, audit: Effect) -> bool:
        """Answer a command that its sender may not give; see `answer`."""

        async def decided(tx: Transaction) -> None:
            drafts = [*self._refusal(name, asked, refused), self.encode(audit, asked.cause, None)]
            await tx.emit(drafts)

        return await self.work.once(asked.note, decided, lambda: self._conflict(name, asked))

    def _said(self, asked: Asked, about: str, record: Record, reply: Record | None) -> list[Draft]:
        """An answer for everybody, and for the one who asked."""
        fact = self.encode(Fact(about, record), asked.cause, asked.note.key)
        if asked.reply_to is None:
            return [fact]
        told = fact if reply is None else self.encode(Fact(about, reply), asked.cause, asked.note.key)
        return [fact, told.reply(key=asked.note.correlation_id, partition=asked.reply_to)]

    def _refusal(self, name: str, asked: Asked, refused: Refused) -> list[Draft]:
        return self._said(asked, asked.key, _record(name, refused), None)

    def _conflict(self, name: str, asked: Asked) -> list[Draft]:
        """Only the one who asked is told, where possible: the command that was noted has its answer."""
        refused = Refused(
            "idempotency_conflict",
            "another request was made under this idempotency key; use a fresh key for another request, and repeat "
            "a request exactly as it was",
        )
        fact = self.encode(Fact(asked.key, _record(name, refused)), asked.cause, None)
        if asked.reply_to is None:
            return [fact]
        return [fact.reply(key=asked.note.correlation_id, partition=asked.reply_to)]


def _record(name: str, refused: Refused) -> ControlRefused:
    return ControlRefused(
        name,
        refused.code,
        _plain(str(refused)),
        field=None if refused.field is None else _plain(refused.field),
        line=refused.line,
        current_revision=refused.current_revision,
    )


def _plain(text: str) -> str:
    """A text that may quote what came in, as UTF-8 can carry it: YAML can write half a surrogate pair."""
    return text.encode(errors="replace").decode()[:MAX_MESSAGE]
