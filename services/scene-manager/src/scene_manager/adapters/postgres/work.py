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
from scene_manager.domain.outbox import Draft
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
        insert = """
            INSERT INTO outbox (lane, kind, subject, key, value, headers, answers)
            VALUES ($1, $2, $3, $4, $5, $6::text::json, $7)"""
        for draft in drafts:  # one by one: their order is the order of their numbers
            headers = json.dumps(draft.headers)
            values = (
                draft.lane,
                draft.kind.value,
                draft.subject,
                draft.key,
                draft.value,
                headers,
                draft.answers,
            )
            await self._connection.execute(insert, *values)


class PostgresWork:
    """Transactions over PostgreSQL.

    Args:
        pool: connections to a migrated database.
        on_commit: called after each commit that may have left something in the outbox.
    """

    def __init__(self, pool: Pool[Record], on_commit: Callable[[], None]) -> None:
        self._pool = pool
        self._on_commit = on_commit

    async def once(self, message_id: str, decide: Decide) -> bool:
        """Run `decide` unless `message_id` was noted before."""
        note = "INSERT INTO inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1"
        again = "UPDATE outbox SET sent_at = NULL WHERE answers = $1"
        with reaching():
            async with self._pool.acquire() as connection, connection.transaction():
                # A second delivery of the message waits here for the first one's end.
                first = await connection.fetchval(note, message_id) is not None
                if first:
                    await decide(PostgresTransaction(connection))
                else:
                    await connection.execute(again, message_id)
        self._on_commit()
        return first

    async def apply(self, decide: Decide) -> None:
        """Run `decide` in a transaction."""
        with reaching():
            async with self._pool.acquire() as connection, connection.transaction():
                await decide(PostgresTransaction(connection))
        self._on_commit()
