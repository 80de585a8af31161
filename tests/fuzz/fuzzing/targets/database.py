"""A unit of work in memory that is as strict as PostgreSQL: no text has a NUL, and no number is too large."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from scene_manager.domain.cause import Note
from scene_manager.domain.outbox import Draft
from scene_manager.domain.ports import Decide, Transaction
from scene_manager.testing.work import MemoryWork

_ASKED = {"proposal": 2, "find": 0}
"""So many arguments of a method go to the database as they are; the others are looked at before."""


class StrictWork(MemoryWork):
    """Transactions that take only what can be kept, and ask only for what can be asked for."""

    async def known(self, note: Note) -> bool:
        """Whether a message was handled."""
        check(note)
        return await super().known(note)

    async def once(self, note: Note, decide: Decide, conflict: Callable[[], Sequence[Draft]]) -> bool:
        """Run `decide` unless the message was noted before."""
        check(note)
        return await super().once(note, lambda tx: decide(_Checked(tx)), conflict)

    async def apply(self, decide: Decide) -> None:
        """Run `decide` in a transaction."""
        await super().apply(lambda tx: decide(_Checked(tx)))


class _Checked:
    """A transaction whose every argument is checked."""

    def __init__(self, tx: Transaction) -> None:
        self.twins: Any = _Table(tx.twins)
        self.scenes: Any = _Table(tx.scenes)
        self.attempt = tx.attempt
        self.answer_again = getattr(tx, "answer_again", None)
        self._tx = tx

    async def emit(self, drafts: Sequence[Draft]) -> None:
        check(drafts)
        await self._tx.emit(drafts)


class _Table:
    def __init__(self, table: Any) -> None:
        self._table = table

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        def checked(*what: Any, **named: Any) -> Any:
            check([what[: _ASKED.get(name)], named])
            return method(*what, **named)

        return checked


def check(value: Any) -> None:
    """See that PostgreSQL takes a value, whatever it is made of.

    Raises:
        AssertionError: it doesn't.
    """
    match value:
        case Enum() | bytes() | None:
            return
        case str():
            assert "\0" not in value, f"PostgreSQL takes no NUL: {value[:80]!r}"
            value.encode()
        case int():
            assert -(2**63) <= value < 2**63, f"{value} doesn't fit"
        case Mapping():
            check([*value.keys(), *value.values()])
        case Sequence():
            for each in value:
                check(each)
        case _ if is_dataclass(value):
            check([getattr(value, item.name) for item in fields(value)])
