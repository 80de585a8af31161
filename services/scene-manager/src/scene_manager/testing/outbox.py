"""The outbox in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from scene_manager.domain.outbox import Draft, Entry, Kind
from scene_manager.testing.store import Store
from twin_schemas.records.phase import Phase


class MemoryBacklog:
    """See `scene_manager.domain.ports.Backlog`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lasts(self) -> bool:
        """Nobody else can lead: whoever leads holds the lock."""
        return True

    async def newest(self, entry: Entry) -> Sequence[Draft]:
        """None: what is done is gone at once."""
        return ()

    async def due(self, limit: int, without: Collection[str]) -> Sequence[Entry]:
        """The oldest entries not done, in order, but for those of the lanes in `without`."""
        async with self._store.lock:
            entries = [self._store.tables.outbox[seq] for seq in sorted(self._store.tables.waiting)]
        return [entry for entry in entries if entry.draft.lane not in without][:limit]

    async def pending(self) -> int:
        """How many entries aren't done."""
        return len(self._store.tables.waiting)

    async def done(self, entries: Sequence[Entry]) -> None:
        """Note that these are done; a public topic that has gone frees its twin's name."""
        async with self._store.lock:
            tables = self._store.tables
            for entry in entries:
                tables.waiting.pop(entry.seq, None)
                twin = tables.twins.get(entry.draft.lane)
                gone = (
                    entry.draft.kind is Kind.REMOVE_TOPIC and twin is not None and twin.phase is Phase.DELETED
                )
                if gone and twin is not None and tables.names.get(twin.name) == twin.id:
                    del tables.names[twin.name]

    async def forget(self, days: int, remembered: int) -> None:
        """Nothing to drop: what is done is gone at once, and notes of messages end with the process."""


class MemoryOutbox:
    """The outbox of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[MemoryBacklog]:
        """Be the one that empties it; waits while another one does."""
        async with self._store.leader:
            yield MemoryBacklog(self._store)

    async def doubt(self, lanes: Collection[str]) -> None:
        """Nothing to publish again: nobody loses the lock."""
