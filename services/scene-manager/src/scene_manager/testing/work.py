"""Units of work over the tables in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from scene_manager.domain.cause import Note
from scene_manager.domain.engines import engine_of
from scene_manager.domain.identity import ALIAS, is_uuid
from scene_manager.domain.outbox import Draft, Entry
from scene_manager.domain.ports import Decide
from scene_manager.domain.twin import Twin
from scene_manager.errors import IdUnavailable, NameUnavailable, RevisionConflict, TwinNotFound
from scene_manager.testing.scenes import MemoryScenes
from scene_manager.testing.store import Store, Tables
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase


class MemoryTwins:
    """See `scene_manager.domain.ports.Twins`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, org: str, ref: str) -> Twin:
        """An organisation's twin by UUID, name or alias."""
        name = ref.removeprefix(ALIAS)
        for twin in self._tables.twins.values():
            wanted = twin.id == ref.lower() if is_uuid(ref) else twin.name == name
            if wanted and twin.org == org and twin.phase is not Phase.DELETED:
                return twin
        raise TwinNotFound(name)

    async def find(self, twin_id: str) -> Twin | None:
        """The twin with this UUID whoever owns it, deleted or not."""
        return self._tables.twins.get(twin_id.lower())

    async def add(self, twin: Twin) -> None:
        """Keep a new twin."""
        if twin.name in self._tables.names:
            raise NameUnavailable(twin.name)
        if twin.id in self._tables.twins:
            raise IdUnavailable(twin.id)
        self._tables.twins[twin.id] = twin
        self._tables.names[twin.name] = twin.id

    async def save(self, twin: Twin, *, expected_revision: int) -> None:
        """Keep a changed twin."""
        if self._tables.twins[twin.id].revision != expected_revision:
            raise RevisionConflict(f"twin {twin.name!r} isn't at revision {expected_revision} any more")
        self._tables.twins[twin.id] = twin

    async def load(self, pool: str) -> Mapping[int, int]:
        """Twins that aren't deleted, by partition of a pool."""
        twins = self._tables.twins.values()
        live = (twin.placement for twin in twins if twin.phase is not Phase.DELETED)
        return Counter(placement.partition for placement in live if placement.pool == pool)

    async def kept(self, org: str) -> int:
        """An organisation's twins that aren't deleted."""
        return sum(t.org == org and t.phase is not Phase.DELETED for t in self._tables.twins.values())

    async def running(self, org: str) -> int:
        """An organisation's twins that are desired to run."""
        return sum(t.org == org and t.desired is Desired.RUNNING for t in self._tables.twins.values())

    async def simulated(self, engine: str) -> int:
        """Twins of all organisations that are desired to run on an engine."""
        running = (t for t in self._tables.twins.values() if t.desired is Desired.RUNNING)
        return sum(engine_of(twin.definition) == engine for twin in running)

    async def pinning(self, org: str, scene: str, version: int | None) -> Sequence[str]:
        """Names of the organisation's twins that use a version of a scene, in order."""

        def pins(twin: Twin) -> bool:
            pinned = [twin.scene, *([twin.pending.scene] if twin.pending else [])]
            return any(each.name == scene and version in (None, each.version) for each in pinned)

        live = (t for t in self._tables.twins.values() if t.org == org and t.phase is not Phase.DELETED)
        return sorted(twin.name for twin in live if pins(twin))


class MemoryTransaction:
    """See `scene_manager.domain.ports.Transaction`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def twins(self) -> MemoryTwins:
        """The twins as they are now."""
        return MemoryTwins(self._store.tables)

    @property
    def scenes(self) -> MemoryScenes:
        """The scenes as they are now."""
        return MemoryScenes(self._store.tables)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part whose changes are undone when an error leaves it."""
        with self._store.all_or_nothing():
            yield

    async def emit(self, drafts: Sequence[Draft]) -> None:
        """Have these done after the commit, in this order within each lane."""
        tables = self._store.tables
        for draft in drafts:
            seq = len(tables.outbox) + 1
            tables.outbox[seq] = Entry(seq, draft)
            tables.waiting[seq] = None

    async def answer_again(self, note: Note) -> None:
        """Have the answer sent again, and to whoever asks now."""
        tables = self._store.tables
        answers = [entry for entry in tables.outbox.values() if entry.draft.answers == note.key]
        tables.waiting.update({entry.seq: None for entry in answers if entry.draft.partition is None})
        if note.reply_to is not None:
            kept = min(answers, key=lambda entry: entry.draft.partition is None).draft
            copy = kept.reply(key=note.correlation_id, partition=note.reply_to)
            await self.emit([replace(copy, answers=None)])


class MemoryWork:
    """Transactions over a store, one at a time.

    Args:
        on_commit: called after each commit that may have left something in the outbox.
    """

    def __init__(self, store: Store, on_commit: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._on_commit = on_commit

    async def known(self, note: Note) -> bool:
        """Whether a message was handled."""
        return note.key in self._store.tables.inbox

    async def once(self, note: Note, decide: Decide, conflict: Callable[[], Sequence[Draft]]) -> bool:
        """Run `decide` unless the message was noted before."""
        async with self._store.lock:
            with self._store.all_or_nothing():
                noted = self._store.tables.inbox.setdefault(note.key, note)
                tx = MemoryTransaction(self._store)
                if noted is note:
                    await decide(tx)
                elif note.conflicts(noted.digest):
                    await tx.emit(conflict())
                else:
                    await tx.answer_again(note)
        self._on_commit()
        return noted is note

    async def apply(self, decide: Decide) -> None:
        """Run `decide` in a transaction."""
        async with self._store.lock:
            with self._store.all_or_nothing():
                await decide(MemoryTransaction(self._store))
        self._on_commit()
