"""The outbox, emptied by one process at a time."""

from __future__ import annotations

import json
import time
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

    def __init__(self, connection: Connection[Record], lease_s: float) -> None:
        self._connection = connection
        self._lease_s = lease_s
        self._heard_at = time.monotonic()

    def lasts(self) -> bool:
        """Whether the database can't have ended the connection for our silence yet."""
        return time.monotonic() - self._heard_at < self._lease_s

    async def newest(self, entry: Entry) -> Sequence[Draft]:
        """Of each topic and key of an entry's lane the newest record before it."""
        select = """
            SELECT DISTINCT ON (subject, key) * FROM outbox
             WHERE lane = $1 AND seq < $2 AND kind = $3 AND partition IS NULL ORDER BY subject, key, seq DESC"""
        with self._reaching():
            rows = await self._connection.fetch(select, entry.draft.lane, entry.seq, Kind.PUBLISH.value)
        return [found.draft for found in sorted(map(_entry, rows), key=lambda found: found.seq)]

    async def due(self, limit: int, without: Collection[str]) -> Sequence[Entry]:
        """The oldest entries not done, in order, but for those of the lanes in `without`."""
        select = """
            SELECT seq, lane, kind, subject, key, value, headers, answers, partition FROM outbox
             WHERE sent_at IS NULL AND lane <> ALL($1::text[]) ORDER BY seq LIMIT $2"""
        asked_at = time.monotonic()
        with self._reaching():
            rows = await self._connection.fetch(select, list(without), limit)
        self._heard_at = asked_at
        return [_entry(row) for row in rows]

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

    async def forget(self, days: int, remembered: int) -> None:
        """Drop what was done more than `days` days ago. Notes of messages that were handled, and the answers to them,
        go after `remembered` days.
        """
        with self._reaching(_FORGET_S):
            async with self._connection.transaction():
                sent = """
                    DELETE FROM outbox WHERE sent_at < now()
                        - make_interval(days => CASE WHEN answers IS NULL THEN $1::int ELSE $2::int END)"""
                await self._connection.execute(sent, days, remembered)
                handled = "DELETE FROM inbox WHERE handled_at < now() - make_interval(days => $1)"
                await self._connection.execute(handled, remembered)

    @contextmanager
    def _reaching(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        with reaching(), answering(self._connection, patience_s):
            yield


class PostgresOutbox:
    """The outbox of a database.

    Args:
        url: the database; leading takes a connection of its own.
        lease_s: a leader that asks nothing for so long isn't one any more.
    """

    def __init__(self, url: str, lease_s: float = 2.5) -> None:
        self._url = url
        self._lease_s = lease_s

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[PostgresBacklog]:
        """Be the one process that empties it; waits while another one is."""
        with reaching():
            connection = await connect(self._url)
        try:
            with reaching():
                # A dead process's lock ends with its connection, and a paused one's as soon as the server has heard
                # nothing for so long. What it was about to send, it settles when it wakes up (`doubt`).
                while not await _lead(connection, self._lease_s):
                    pass
            yield PostgresBacklog(connection, self._lease_s)
        finally:
            # Not `close`: it waits for an answer that a lost server doesn't give.
            connection.terminate()

    async def doubt(self, lanes: Collection[str]) -> None:
        """Whoever leads publishes the newest records of these lanes once more, in their place."""
        insert = """
            INSERT INTO outbox (lane, kind, subject, key, headers)
            SELECT lane, $2, '', lane, '[]' FROM unnest($1::text[]) AS d (lane)"""
        with reaching():
            connection = await connect(self._url)
        try:
            with reaching(), answering(connection):
                await connection.execute(insert, list(lanes), Kind.AGAIN.value)
        finally:
            connection.terminate()

    async def newest_sent(self, topics: Collection[str]) -> Sequence[Draft]:
        """Of each topic and key the newest record that was published within the last days, as nothing newer waits."""
        select = """
            SELECT * FROM (
                SELECT DISTINCT ON (subject, key) * FROM outbox
                 WHERE kind = $1 AND partition IS NULL AND subject = ANY($2::text[]) ORDER BY subject, key, seq DESC
            ) AS newest WHERE sent_at IS NOT NULL"""
        return await self._drafts(select, Kind.PUBLISH.value, list(topics))

    async def topics_sent(self) -> Sequence[Draft]:
        """The public topics that were created within the last days, and not removed."""
        select = """
            SELECT * FROM (
                SELECT DISTINCT ON (subject) * FROM outbox WHERE kind = ANY($1::text[]) ORDER BY subject, seq DESC
            ) AS newest WHERE sent_at IS NOT NULL AND kind = $2"""
        kinds = [Kind.CREATE_TOPIC.value, Kind.REMOVE_TOPIC.value]
        return await self._drafts(select, kinds, Kind.CREATE_TOPIC.value)

    async def repeat(self, drafts: Collection[Draft]) -> None:
        """Have these done once more, in their place."""
        insert = "INSERT INTO outbox (lane, kind, subject, key, headers) VALUES ($1, $2, $3, $4, '[]')"
        rows = [(draft.lane, draft.kind.value, draft.subject, draft.key) for draft in drafts]
        async with self._connected() as connection:
            await connection.executemany(insert, rows)

    async def _drafts(self, select: str, *values: object) -> list[Draft]:
        async with self._connected() as connection:
            return [_entry(row).draft for row in await connection.fetch(select, *values)]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection[Record]]:
        with reaching():
            connection = await connect(self._url)
        try:
            with reaching(), answering(connection):
                yield connection
        finally:
            connection.terminate()


async def _lead(connection: Connection[Record], lease_s: float) -> bool:
    """Wait for the lock, but not so long that a server that has gone without a word isn't noticed."""
    with answering(connection):
        # What a crash of the server takes back, that it was delivered, is only delivered again.
        await connection.execute(f"SET synchronous_commit = off; SET lock_timeout = '{_LOCK_S}s'")
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        except asyncpg.LockNotAvailableError:
            return False
        lease = f"'{round(lease_s * 1000)}ms'"
        await connection.execute(
            f"SET lock_timeout = 0; SET idle_session_timeout = {lease};"
            f"SET idle_in_transaction_session_timeout = {lease}"
        )
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
