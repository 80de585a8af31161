"""A leader that stands still loses the lead, and what it was about to deliver ends in order all the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.adapters.relay import Relay
from scene_manager.domain.outbox import Draft
from scene_manager.domain.ports import Transaction
from scene_manager.errors import DatabaseUnreachable
from scene_manager.testing import samples as sample

LEASE_S = 0.5


class Receiver:
    """Takes deliveries; holds the first one until it is let go."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.asked = asyncio.Event()
        self.going = asyncio.Event()

    async def deliver(self, draft: Draft) -> None:
        self.asked.set()
        await self.going.wait()
        self.got.append(ord(draft.value or b"?"))


@contextlib.asynccontextmanager
async def relaying(outbox: PostgresOutbox, receiver: Receiver) -> AsyncIterator[None]:
    task = asyncio.create_task(Relay(outbox, receiver.deliver, wake=asyncio.Event(), poll_s=0.02).run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(receiver: Receiver, *numbers: int) -> None:
    async with asyncio.timeout(20):
        while receiver.got != list(numbers):  # noqa: ASYNC110 - the receiver is polled
            await asyncio.sleep(0.01)


@pytest.fixture
async def work(database: str) -> AsyncIterator[PostgresWork]:
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        yield PostgresWork(pool, lambda: None)


async def emit(work: PostgresWork, *numbers: int) -> None:
    async def decide(tx: Transaction) -> None:
        await tx.emit([sample.draft("a", number) for number in numbers])

    await work.apply(decide)


async def test_a_leader_that_asks_nothing_is_replaced(database: str) -> None:
    outbox = PostgresOutbox(database, LEASE_S)
    with contextlib.suppress(DatabaseUnreachable):
        async with outbox.lead() as paused:
            async with asyncio.timeout(20), outbox.lead():
                assert not paused.lasts()
            with pytest.raises(DatabaseUnreachable):
                await paused.due(1, ())


async def test_a_leader_that_asks_stays(database: str) -> None:
    outbox = PostgresOutbox(database, LEASE_S)
    async with outbox.lead() as leading:
        for _ in range(20):
            await leading.due(1, ())
            assert leading.lasts()
            await asyncio.sleep(LEASE_S / 5)


async def test_what_a_replaced_leader_delivers_late_ends_in_order(database: str, work: PostgresWork) -> None:
    """It delivers 1 after its successor has delivered 1 and 2: the newest comes once more."""
    outbox, slow, quick = PostgresOutbox(database, LEASE_S), Receiver(), Receiver()
    quick.going.set()
    await emit(work, 1)
    async with relaying(outbox, slow):
        await slow.asked.wait()
        await _cut(database)
        async with relaying(outbox, quick):
            await until(quick, 1)
            await emit(work, 2)
            await until(quick, 1, 2)
            slow.going.set()
            await until(quick, 1, 2, 2)
            assert slow.got == [1]


async def _cut(database: str) -> None:
    """End the leader's connection, as the server does when its lease is over."""
    connection = await asyncpg.connect(database)
    try:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert len(ended) == 1
    finally:
        await connection.close()
