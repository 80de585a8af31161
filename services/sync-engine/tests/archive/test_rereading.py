"""What a broker has lost after it was read isn't sealed with what came instead."""

import pytest

from sync_engine.errors import JournalRewound
from sync_engine.handlers.filling import Bounds
from sync_engine.handlers.sealing import Sealer
from twin_common.archive.ranges import unpack
from twin_common.bus.types import Subscription, TopicPartition
from twin_common.clock import SystemClock

WHEN_FULL = Bounds(after_ms=3_600_000, size=4000, kept_ms=1_000_000_000, kept_bytes=1_000_000_000)


async def all_of(consumer, count):
    found = []
    while len(found) < count:
        found += await consumer.poll()
    return found


@pytest.fixture
async def sealer(world):
    made = Sealer(world.bus, world.prefix, world.blobs, WHEN_FULL, SystemClock(), world.metrics)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def consumer(world, sealer):
    subscription = Subscription(
        (world.journal,), "archivist", on_assigned=sealer.assigned, on_revoked=sealer.revoked
    )
    async with await world.bus.consumer(subscription) as consumer:
        yield consumer


def lose(world, end):
    world.bus.rewind(TopicPartition(world.journal, 0), end)


async def read_past_a_loss(world, sealer, consumer):
    """The broker loses three of ten records that were read, and takes others in their place."""
    await world.write(10)
    sealer.take(consumer, await all_of(consumer, 10))
    lose(world, 7)
    await world.write(33, size=60)
    sealer.take(consumer, await all_of(consumer, 30))
    with pytest.raises(JournalRewound):
        await sealer.seal_due(consumer)


async def test_a_range_with_lost_records_in_it_is_not_announced(world, sealer, consumer):
    await read_past_a_loss(world, sealer, consumer)
    assert await world.ranges() == []


async def test_a_range_behind_a_lost_one_is_not_announced(world, sealer, consumer):
    await world.write(30)
    sealer.take(consumer, await all_of(consumer, 30))
    await sealer.seal_due(consumer)
    (before,) = await world.ranges()
    lose(world, before.last - 2)
    sealer.held[TopicPartition(world.journal, 0)].records.clear()
    await world.write(60, size=60)
    sealer.take(consumer, [r for r in await world.broker() if r.offset > before.last])
    with pytest.raises(JournalRewound):
        await sealer.seal_due(consumer)
    assert await world.ranges() == [before]


async def test_after_a_lost_tail_what_is_sealed_is_what_the_broker_has(world, sealer, consumer):
    await read_past_a_loss(world, sealer, consumer)
    await consumer.close()
    async with world.archivist():
        await world.sealed_to(40)
    stored = [
        record
        for each in await world.ranges()
        for record in unpack(await world.blobs.within("sealed").get(each.digest))
    ]
    assert stored == await world.broker()


async def test_what_retention_has_removed_meanwhile_is_sealed_as_it_was_read(world, sealer, consumer):
    await world.write(30)
    sealer.take(consumer, await all_of(consumer, 30))
    world.bus.trim(TopicPartition(world.journal, 0), 5)
    await sealer.seal_due(consumer)
    assert (await world.ranges())[0].first == 0
