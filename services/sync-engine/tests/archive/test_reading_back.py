"""Whoever reads a journal doesn't see what of it the broker has removed, on real Kafka and real object storage."""

import asyncio
import uuid

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from archive_support import SMALL, world_on

from twin_common.archive import past as reading
from twin_common.archive.past import Past
from twin_common.blobs import S3Blobs
from twin_common.bus.kafka import KafkaBus
from twin_common.errors import BeyondRetention, RangeCorrupt


async def built(kafka, storage, retention):
    bus, bucket = KafkaBus(kafka), f"test-{uuid.uuid4().hex[:8]}"
    return await world_on(bus, S3Blobs(storage, bucket), f"t.{uuid.uuid4().hex}", retention)


async def sealed_world(kafka, storage):
    world = await built(kafka, storage, SMALL)
    await world.write(300)
    whole = await world.broker()
    async with world.archivist():
        await world.sealed_to(300)
    await remove(kafka, world, 200)
    return world, whole


@pytest.fixture(scope="module")
def sealed(kafka, storage):
    """A journal of 300 records, all sealed, of which the broker keeps the last 100; and what it was."""
    return asyncio.run(sealed_world(kafka, storage))


async def remove(kafka, world, before):
    """What retention does: the broker's log begins at an offset from now on."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.brokers)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(world.journal, 0): RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()


@pytest.mark.parametrize("start", [0, 1, 7, 150, 199, 200, 201, 299, 300])
async def test_a_journal_reads_without_a_seam_from_anywhere(sealed, start):
    world, whole = sealed
    assert await world.read(start) == whole[start:]
    assert (await world.broker())[0].offset == 200


async def test_the_records_of_one_twin_are_read_without_the_others(sealed):
    world, whole = sealed
    assert await world.read(3, b"b") == [record for record in whole[3:] if record.key == b"b"]
    assert await world.read(0, b"nobody") == []


async def test_a_time_is_found_in_what_is_sealed_and_on_the_broker(sealed):
    world, whole = sealed
    async with Past(world.bus, world.prefix, world.blobs, 0) as past:
        for number in (0, 100, 250):
            at = whole[number].timestamp_ms
            assert await past.offset_at(at) == next(r.offset for r in whole if r.timestamp_ms >= at)
        assert await past.offset_at(whole[-1].timestamp_ms + 1) == 300


async def test_what_is_kept_is_said(sealed):
    world, _ = sealed
    async with Past(world.bus, world.prefix, world.blobs, 0) as past:
        kept = await past.kept()
    assert (kept.oldest, kept.broker, kept.end) == (0, 200, 300)


async def test_what_was_deleted_is_beyond_retention_and_the_rest_reads_on(kafka, storage):
    old = SMALL.model_copy(update={"sealed_days": 1e-9})
    world = await built(kafka, storage, old)
    await world.write(300)
    async with world.archivist() as archivist:
        await world.sealed_to(300)
        assert await archivist.expiry.sweep({0}) > 3
    assert await world.ranges() == []
    assert await world.blobs.within("sealed").digests() == []
    assert len(await world.read(0)) == 300
    await remove(kafka, world, 200)
    with pytest.raises(BeyondRetention) as beyond:
        await world.read(100)
    assert (beyond.value.asked, beyond.value.oldest) == (100, 200)
    assert len(await world.read(200)) == 100


async def test_a_range_without_one_of_its_records_is_refused(sealed, monkeypatch):
    world, _ = sealed

    def careless(blob, key=None):
        return iter(list(real(blob, key))[:-1])

    real = reading.unpack
    monkeypatch.setattr(reading, "unpack", careless)
    with pytest.raises(RangeCorrupt):
        await world.read(0)
