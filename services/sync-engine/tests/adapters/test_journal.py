"""Closing a journal while a record waits for room in the producer."""

import asyncio
import contextlib

from sync_engine.adapters.journal import KafkaJournal
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic
from twin_schemas import codec
from twin_schemas.records import Epoch, SourcesAcquired


class FullProducer:
    """Has no room for the first record, until that is given up."""

    def __init__(self, inner) -> None:
        self._inner = inner
        self.waiting = asyncio.Event()

    async def post(self, topic, **record):
        if not self.waiting.is_set():
            self.waiting.set()
            await asyncio.Event().wait()
        return await self._inner.post(topic, **record)

    def __getattr__(self, name):
        return getattr(self._inner, name)


class FullBus(MemoryBus):
    """A bus in memory whose producer has no room at first."""

    async def producer(
        self, *, on_failure=None, gather_ms=0, unbroken=False, still_meant=None, answer_ms=None
    ):
        self.full = FullProducer(await super().producer(on_failure=on_failure))
        return self.full


async def test_a_record_that_waited_for_room_at_the_end_is_written_before_those_behind_it():
    bus = FullBus()
    async with await bus.admin() as admin:
        await admin.create_topics([NewTopic("journal", 1)])
    journal = KafkaJournal(bus, "journal", lambda error: None)
    await journal.reopen()
    records = [SourcesAcquired(Epoch(counter, "w"), -1, 0, 0) for counter in (1, 2, 3)]
    for record in records:
        journal.append(0, "twin", record)
    task = asyncio.create_task(journal.run())
    await bus.full.waiting.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await journal.close()
    assert [codec.decode(record.value) for record in bus.records("journal")] == records
