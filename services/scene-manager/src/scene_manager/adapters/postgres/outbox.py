"""The outbox, emptied by one process at a time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from asyncpg import Connection, Record

from scene_manager.adapters.postgres.connecting import PATIENCE_S, answering, connect
from scene_manager.adapters.postgres.reach import reaching
from scene_manager.domain.outbox import Draft, Entry, Kind

_LOCK_S = 5
_FORGET_S = 300.0
_LOCK = 4_860_082  # any number that nobody else in this database takes as an advisory lock


class PostgresBacklog:
    """The outbox in the hands of its leader; everything goes through the connection that holds the lock.

    So a process that has lost the lock with its connection can't note anything as done any more.
    """

    def __init__(self, connection: Connection[Record]) -> None:
        self._connection = connection

    async def due(self, limit: int, without: Collection[str]) -> Sequence[Entry]:
        """The oldest entries not done, in order, but for those of the lanes in `without`."""
        select = """
            SELECT seq, lane, kind, subject, key, value, headers, answers, partition FROM outbox
             WHERE sent_at IS NULL AND lane <> ALL($1::text[]) ORDER BY seq LIMIT $2"""
        with self._reaching():
            return [_entry(row) for row in await self._connection.fetch(select, list(without), limit)]

    async def pending(self) -> int:
        """How many entries aren't done."""
        with self._reaching():
            count = await self._connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        return int(count)

    async def done(self, entries: Sequence[Entry]) -> None:
        """Note that these are done; a public topic that has gone frees its twin's name."""
        mark = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"
        free = "UPDATE twins SET name_held = false WHERE id = ANY($1::text[]::uuid[]) AND phase = 'deleted'"
        freed = [entry.draft.lane for entry in entries if entry.draft.kind is Kind.REMOVE_TOPIC]
        with self._reaching():
            async with self._connection.transaction():
                if freed:
                    await self._connection.execute(free, freed)
                await self._connection.execute(mark, [entry.seq for entry in entries])

    async def forget(self, days: int) -> None:
        """Drop what was done more than `days` days ago, and the notes of messages handled before then."""
        with self._reaching(_FORGET_S):
            async with self._connection.transaction():
                sent = "DELETE FROM outbox WHERE sent_at < now() - make_interval(days => $1)"
                await self._connection.execute(sent, days)
                handled = "DELETE FROM inbox WHERE handled_at < now() - make_interval(days => $1)"
                await self._connection.execute(handled, days)

    @contextmanager
    def _reaching(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        with reaching(), answering(self._connection, patience_s):
            yield


class PostgresOutbox:
    """The outbox of a database.

    Args:
        url: the database; leading takes a connection of its own.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[PostgresBacklog]:
        """Be the one process that empties it; waits while another one is."""
        with reaching():
            connection = await connect(self._url)
        try:
            with reaching():
                # A dead process's lock ends with its connection. A paused process keeps both, so it isn't
                # replaced, and nothing that it still sends can overtake a successor.
                while not await _lead(connection):
                    pass
            yield PostgresBacklog(connection)
        finally:
            # Not `close`: it waits for an answer that a lost server doesn't give.
            connection.terminate()


async def _lead(connection: Connection[Record]) -> bool:
    """Wait for the lock, but not so long that a server that has gone without a word isn't noticed."""
    with answering(connection):
        # What a crash of the server takes back, that it was delivered, is only delivered again.
        await connection.execute(f"SET synchronous_commit = off; SET lock_timeout = '{_LOCK_S}s'")
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        except asyncpg.LockNotAvailableError:
            return False
        await connection.execute("SET lock_timeout = 0")
        return True


def _entry(row: Record) -> Entry:
    headers = tuple((name, value) for name, value in json.loads(row["headers"]))
    draft = Draft(
        row["lane"],
        Kind(row["kind"]),
        row["subject"],
        row["key"],
        row["value"],
        headers,
        row["answers"],
        row["partition"],
    )
    return Entry(row["seq"], draft)
