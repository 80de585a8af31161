"""What there is to know of a command: who may give it, and what decides on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.ports import Transaction

Decider = Callable[..., Awaitable[Decision]]
"""`await decide(command, asked, tx)`, or with a preparation `await decide(command, asked, tx, prepared)`; raises
`Refused`."""

Prepare = Callable[[Any, Asked], Awaitable[Any]]
"""`await prepare(command, asked)`: slow work before the transaction; raises `Refused`."""

Finish = Callable[[Any, Asked, Any], Awaitable[None]]
"""`await finish(command, asked, prepared)`: tidies up after the commit; skipping it loses nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a command is handled.

    Attributes:
        action: what its sender must be allowed to do, such as `twins.start`.
        decide: decides in the transaction; may run again when the database gave it up.
        prepare: done before the transaction, outside of every lock, and only for a command that is allowed and
            wasn't handled before. What it gives goes to `decide`.
        finish: done after the commit if all goes well, also of a repeated command.
    """

    action: str
    decide: Decider
    prepare: Prepare | None = None
    finish: Finish | None = None

    async def decision(self, command: Any, asked: Asked, tx: Transaction, prepared: Any) -> Decision:
        """Decide, with what was prepared if anything was."""
        if self.prepare is None:
            return await self.decide(command, asked, tx)
        return await self.decide(command, asked, tx, prepared)
