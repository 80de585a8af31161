"""Units of work: effect, inbox row and outbox rows in one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from asyncpg import Pool, Record

from scene_manager.adapters.postgres.connecting import CONNECT_S, PATIENCE_S, answering
from scene_manager.adapters.postgres.reach import reaching
from scene_manager.adapters.postgres.scenes import PostgresScenes
from scene_manager.adapters.postgres.twins import PostgresTwins
from scene_manager.adapters.postgres.types import Connected
from scene_manager.domain.cause import Note
from scene_manager.domain.outbox import REPLIES, Draft
from scene_manager.domain.ports import Decide

# Notes of former releases are kept under the message's bare id.
_NOTED: Final = """
    SELECT message_id, digest FROM inbox
     WHERE message_id = $1 OR (message_id = $3 AND org IN ('', $2)) ORDER BY message_id = $1 DESC LIMIT 1"""


class PostgresTransaction:
    """One transaction; see `scene_manager.domain.ports.Transaction`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection
        self.twins = PostgresTwins(connection)
        self.scenes = PostgresScenes(connection)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part whose changes are undone when an error leaves it."""
        async with self._connection.transaction():  # inside a transaction this is a savepoint
            yield

    async def emit(self, drafts: Sequence[Draft]) -> None:
        """Have these done after the commit, in this order within each lane."""
        # In one statement, whose numbers follow its order.
        insert = """
            INSERT INTO outbox (lane, kind, subject, key, value, headers, answers, partition)
            SELECT lane, kind, subject, key, value, headers::json, answers, partition
              FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[],
                          $8::int[])
                   WITH ORDINALITY AS d (lane, kind, subject, key, value, headers, answers, partition, place)
             ORDER BY place"""
        rows = [
            (
                draft.lane,
                draft.kind.value,
                draft.subject,
                draft.key,
                draft.value,
                json.dumps(draft.headers),
                draft.answers,
                draft.partition,
            )
            for draft in drafts
        ]
        if rows:
            await self._connection.execute(insert, *map(list, zip(*rows, strict=True)))

    async def note(self, note: Note) -> bool:
        """Note a message as handled; False when something is noted under its id."""
        # A second delivery of the message waits here for the first one's end.
        insert = f"""
            INSERT INTO inbox (message_id, org, digest) SELECT $1, $2, $4 WHERE NOT EXISTS ({_NOTED})
            ON CONFLICT DO NOTHING RETURNING 1"""
        found = await self._connection.fetchval(insert, note.key, note.org, note.id, note.digest)
        return found is not None

    async def repeat(self, note: Note, conflict: Callable[[], Sequence[Draft]]) -> None:
        """Answer a message that is noted already."""
        row = await self._connection.fetchrow(_NOTED, note.key, note.org, note.id)
        if row is None:
            return  # just forgotten, days after it was answered
        if note.conflicts(row["digest"]):
            await self.emit(conflict())
        else:
            await self._answer_again(note, row["message_id"])

    async def _answer_again(self, note: Note, noted_as: str) -> None:
        """Have the answer sent again, and to whoever asks now."""
        again = "UPDATE outbox SET sent_at = NULL WHERE answers = $1 AND partition IS NULL"
        await self._connection.execute(again, noted_as)
        if note.reply_to is None:
            return
        copy = """
            INSERT INTO outbox (lane, kind, subject, key, value, headers, partition)
            SELECT lane, kind, $2, $3, value, headers, $4 FROM outbox
             WHERE answers = $1 ORDER BY partition IS NULL, seq LIMIT 1"""
        await self._connection.execute(copy, noted_as, REPLIES, note.correlation_id, note.reply_to)


class PostgresWork:
    """Transactions over PostgreSQL.

    Args:
        pool: connections to a migrated database.
        on_commit: called after each commit that may have left something in the outbox.
        patience_s: no transaction takes so long.
    """

    def __init__(
        self, pool: Pool[Record], on_commit: Callable[[], None], patience_s: float = PATIENCE_S
    ) -> None:
        self._pool = pool
        self._on_commit = on_commit
        self._patience_s = patience_s

    async def known(self, note: Note) -> bool:
        """Whether a message was handled."""
        async with self._connected() as connection:
            return await connection.fetchrow(_NOTED, note.key, note.org, note.id) is not None

    async def once(self, note: Note, decide: Decide, conflict: Callable[[], Sequence[Draft]]) -> bool:
        """Run `decide` unless the message was noted before."""
        async with self._connected() as connection, connection.transaction():
            tx = PostgresTransaction(connection)
            first = await tx.note(note)
            if first:
                await decide(tx)
            else:
                await tx.repeat(note, conflict)
        self._on_commit()
        return first

    async def apply(self, decide: Decide) -> None:
        """Run `decide` in a transaction."""
        async with self._connected() as connection, connection.transaction():
            await decide(PostgresTransaction(connection))
        self._on_commit()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connected]:
        """A connection of the pool, which is given up when it doesn't answer."""
        with reaching():
            connection = await self._pool.acquire(timeout=CONNECT_S)
            try:
                with answering(connection, self._patience_s):
                    yield connection
            finally:
                await self._pool.release(connection, timeout=CONNECT_S)
