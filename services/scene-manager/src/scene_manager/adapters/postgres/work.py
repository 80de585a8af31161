"""Units of work: effect, inbox row and outbox rows in one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from asyncpg import Pool, Record

from scene_manager.adapters.postgres.reach import reaching
from scene_manager.adapters.postgres.scenes import PostgresScenes
from scene_manager.adapters.postgres.twins import PostgresTwins
from scene_manager.adapters.postgres.types import Connected
from scene_manager.domain.cause import Note
from scene_manager.domain.outbox import REPLIES, Draft
from scene_manager.domain.ports import Decide


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
        insert = """
            INSERT INTO inbox (message_id, org, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1"""
        return await self._connection.fetchval(insert, note.id, note.org, note.digest) is not None

    async def conflicts(self, note: Note) -> bool:
        """Whether what is noted under an id is something else."""
        row = await self._connection.fetchrow("SELECT org, digest FROM inbox WHERE message_id = $1", note.id)
        return row is not None and note.conflicts(row["org"], row["digest"])

    async def answer_again(self, note: Note) -> None:
        """Have the answer sent again, and to whoever asks now."""
        again = "UPDATE outbox SET sent_at = NULL WHERE answers = $1 AND partition IS NULL"
        await self._connection.execute(again, note.id)
        if note.reply_to is None:
            return
        copy = """
            INSERT INTO outbox (lane, kind, subject, key, value, headers, partition)
            SELECT lane, kind, $2, $3, value, headers, $4 FROM outbox
             WHERE answers = $1 ORDER BY partition IS NULL, seq LIMIT 1"""
        await self._connection.execute(copy, note.id, REPLIES, note.correlation_id, note.reply_to)


class PostgresWork:
    """Transactions over PostgreSQL.

    Args:
        pool: connections to a migrated database.
        on_commit: called after each commit that may have left something in the outbox.
    """

    def __init__(self, pool: Pool[Record], on_commit: Callable[[], None]) -> None:
        self._pool = pool
        self._on_commit = on_commit

    async def known(self, message_id: str) -> bool:
        """Whether a message was handled."""
        noted = "SELECT 1 FROM inbox WHERE message_id = $1"
        with reaching():
            return await self._pool.fetchval(noted, message_id) is not None

    async def once(self, note: Note, decide: Decide, conflict: Callable[[], Sequence[Draft]]) -> bool:
        """Run `decide` unless the message was noted before."""
        with reaching():
            async with self._pool.acquire() as connection, connection.transaction():
                tx = PostgresTransaction(connection)
                first = await tx.note(note)
                if first:
                    await decide(tx)
                elif await tx.conflicts(note):
                    await tx.emit(conflict())
                else:
                    await tx.answer_again(note)
        self._on_commit()
        return first

    async def apply(self, decide: Decide) -> None:
        """Run `decide` in a transaction."""
        with reaching():
            async with self._pool.acquire() as connection, connection.transaction():
                await decide(PostgresTransaction(connection))
        self._on_commit()
