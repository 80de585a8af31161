"""Turns at what only a few may do at once, of which nobody takes them all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Turns, of which one owner has at most half at a time (one, if there is only one).

    Args:
        at_once: how many there are.
    """

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._share = max(1, at_once // 2)
        self._shares: dict[str, asyncio.Semaphore] = {}
        self._asking = Counter[str]()

    def crowded(self, owner: str) -> bool:
        """Whether an owner would have to wait for a turn."""
        share = self._shares.get(owner)
        return self._free.locked() or (share is not None and share.locked())

    @asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """Wait for a turn of this owner, and have it for as long as the context lasts."""
        self._asking[owner] += 1
        share = self._shares.setdefault(owner, asyncio.Semaphore(self._share))
        try:
            async with share, self._free:
                yield
        finally:
            self._asking[owner] -= 1
            if not self._asking[owner]:
                del self._asking[owner], self._shares[owner]
