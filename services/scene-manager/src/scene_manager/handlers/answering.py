"""One command, one transaction, one answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import Fact
from scene_manager.domain.ports import Encode, Transaction, UnitOfWork
from scene_manager.errors import Refused
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused

MAX_MESSAGE = 4000
"""Characters of a refusal's message."""

Decide = Callable[[Transaction], Awaitable[Decision]]


async def answer(name: str, asked: Asked, decide: Decide, work: UnitOfWork, encode: Encode) -> bool:
    """Decide on a command and commit decision, answer and what follows together.

    A refusal is an answer as well, and committed: a repeated command gets the same one, whatever has become
    possible meanwhile. `name` is the record type of the command.

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
            await tx.emit([encode(Fact(asked.key, _refusal(name, refused)), asked.cause, asked.id)])
            return
        accepted = ControlAccepted(name, decision.id, decision.name, decision.version)
        first = encode(Fact(decision.id, accepted), asked.cause, asked.id)
        await tx.emit([first, *(encode(effect, asked.cause, None) for effect in decision.effects)])

    return await work.once(asked.id, decided)


def _refusal(name: str, refused: Refused) -> ControlRefused:
    field = None if refused.field is None else _plain(refused.field)
    return ControlRefused(name, refused.code, _plain(str(refused)), field=field, line=refused.line)


def _plain(text: str) -> str:
    """A text that may quote what came in, as UTF-8 can carry it: YAML can write half a surrogate pair."""
    return text.encode(errors="replace").decode()[:MAX_MESSAGE]
