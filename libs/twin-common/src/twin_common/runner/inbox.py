"""What has been handled already."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol


class Inbox(Protocol):
    """Remembers handled records, so that a repeated one has no second effect."""

    async def seen(self, message_id: str) -> bool:
        """Whether a record with this `ce_id` was handled."""
        ...

    async def remember(self, message_id: str) -> None:
        """The record was handled."""
        ...


class MemoryInbox:
    """The last so many ids, in this process.

    Enough against a producer's repeats; what is repeated across a restart, the handler itself must recognise.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._ids: OrderedDict[str, None] = OrderedDict()

    async def seen(self, message_id: str) -> bool:
        """Whether it is among the last ids."""
        return message_id in self._ids

    async def remember(self, message_id: str) -> None:
        """Add an id, dropping the oldest."""
        self._ids[message_id] = None
        self._ids.move_to_end(message_id)
        while len(self._ids) > self._size:
            self._ids.popitem(last=False)
