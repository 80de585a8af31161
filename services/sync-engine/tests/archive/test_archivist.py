"""Ranges of journals are sealed once and whole, whatever happens on the way."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from sync_engine.handlers.expiry import Expiry
from twin_common import metrics_table as m
from twin_common.archive.marks import NOWHERE, Marks, digest_of_value
from twin_common.archive.past import Past
from twin_common.archive.ranges import pack, unpack
from twin_common.archive.sealed import key_of
from twin_common.blobs import KEYFRAMES, MemoryBlobs
from twin_common.bus.types import TopicPartition
from twin_common.clock import SystemClock
from twin_common.errors import BeyondRetention, RangeCorrupt, StoreRefused, StoreUnreachable
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import KeyframeTaken


def covered(ranges):
    """The offsets of ranges, which follow each other without a hole."""
    ordered = sorted(ranges, key=lambda each: each.first)
    for before, after in pairwise(ordered):
        assert after.first == before.last + 1
    return ordered[0].first, ordered[-1].last


async def test_everything_is_sealed_in_order_and_reads_as_on_the_broker(world):
    await world.write(200)
    async with world.archivist():
        await world.sealed_to(200)
    ranges = await world.ranges()
    assert len(ranges) > 3
    assert covered(ranges) == (0, 199)
    stored = [r for each in ranges for r in unpack(await world.blobs.within("sealed").get(each.digest))]
    assert stored == await world.broker()
    assert sum(each.count for each in ranges) == 200
    assert all(each.twins == ["a", "b"] for each in ranges)


async def test_a_successor_goes_on_where_the_one_before_stopped(world):
    await world.write(90)
    async with world.archivist():
        await world.sealed_to(90)
    await world.write(90)
    async with world.archivist(instance="two"):
        await world.sealed_to(180)
    assert covered(await world.ranges()) == (0, 179)


async def test_a_range_that_was_stored_and_not_announced_is_sealed_again_to_the_same_bytes(world):
    await world.write(200)
    async with world.archivist():
        await world.sealed_to(200)
    first = {(each.first, each.last): each.digest for each in await world.ranges()}
    fresh = MemoryBlobs()
    for each in await world.ranges():
        records = [r for r in await world.broker() if each.first <= r.offset <= each.last]
        assert await fresh.put(pack(records)) == first[each.first, each.last]


class Moody(MemoryBlobs):
    """Object storage that is away or refuses: for what is put, or whatever it is asked."""

    def __init__(self, error, everything):
        super().__init__()
        self.error, self.everything, self.asked = error, everything, asyncio.Event()

    def within(self, folder):
        return self

    def _fail(self):
        self.asked.set()
        if self.error is not None:
            raise self.error

    async def digests(self):
        if self.everything:
            self._fail()
        return await super().digests()

    async def put(self, data):
        self._fail()
        return await super().put(data)


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("error", [StoreUnreachable("nobody there"), StoreRefused("other keys")])
async def test_without_object_storage_nothing_is_announced_and_nothing_is_lost(
    world, monkeypatch, error, everything
):
    monkeypatch.setattr("sync_engine.handlers.sealing._AGAIN_S", 0.05)
    await world.write(200)
    blobs = Moody(error, everything)
    async with world.archivist(blobs):
        await blobs.asked.wait()

        async def unsealed():
            return world.metrics.value(m.UNSEALED, partition="0") or 0.0

        await world.until(unsealed, lambda used: used > 0)
        assert await world.ranges() == []
        blobs.error = None
        await world.sealed_to(200)
    assert covered(await world.ranges()) == (0, 199)


async def test_how_far_a_partition_reaches_is_noted_outside_of_the_broker(world):
    await world.write(30)
    async with world.archivist():
        await world.sealed_to(30)
    newest = (await world.broker())[-1]
    mark = await Marks(world.blobs).newest(0)
    assert (mark.offset, mark.digest) == (newest.offset, digest_of_value(newest.value))
    assert await Marks(world.blobs).newest(1) is None


async def test_a_journal_that_is_another_one_than_was_sealed_is_sealed_anew(world):
    await world.write(60)
    async with world.archivist():
        await world.sealed_to(60)
    (last, *_) = sorted(await world.ranges(), key=lambda each: -each.last)
    wrong = replace(last, last_digest="0" * 64)
    async with await world.bus.producer() as producer:
        await producer.send(
            topic("sim.sealed").physical(world.prefix),
            key=key_of(wrong),
            value=codec.encode(wrong),
            partition=0,
        )
    async with world.archivist(instance="two"):
        await world.until(world.ranges, lambda ranges: ranges[-1].last_digest != wrong.last_digest)
    assert world.metrics.value(m.LOST_TAILS, service="archivist") == 1


async def test_a_range_that_lacks_a_record_is_not_read_as_if_it_were_whole(world):
    await world.write(40)
    async with world.archivist():
        await world.sealed_to(40)
    one = (await world.ranges())[0]
    folder = world.blobs.within("sealed")
    blob = await folder.get(one.digest)
    records = list(unpack(blob))
    folder.spoil(one.digest, pack(records[:-1]))
    with pytest.raises((RangeCorrupt, ValueError)):
        await folder.get(one.digest)


async def test_a_mark_that_a_set_back_journal_contradicts_stays_until_somebody_has_seen_it(world):
    await world.write(30)
    async with world.archivist():
        await world.sealed_to(30)
    marks = Marks(world.blobs)
    before = await marks.newest(0)
    world.bus.rewind(TopicPartition(world.journal, 0), 20)
    await world.write(40, size=60)
    async with world.archivist(instance="two"):
        await world.sealed_to(60)
        await asyncio.sleep(3 * world.retention.mark_s)
        assert await marks.newest(0) == before
        await marks.forget(0)
        newest = await world.until(lambda: marks.newest(0), lambda mark: mark.offset != NOWHERE)
    assert newest.offset == 59


async def announce(world, place, key, record):
    async with await world.bus.producer() as producer:
        name = topic(place).physical(world.prefix)
        await producer.send(name, key=key, value=codec.encode(record), partition=0)


async def test_what_was_announced_under_names_that_cannot_be_keeps_nothing_from_being_deleted(world):
    await world.write(40)
    async with world.archivist():
        await world.sealed_to(40)
    one = (await world.ranges())[0]
    await announce(world, "sim.sealed", b"bad", replace(one, digest="null"))
    kept = await world.blobs.within("twin").within(KEYFRAMES).put(b"state")
    good = KeyframeTaken("local", "twin", 1, 5, 5, 5, kept, 5)
    for each in (replace(good, digest="null"), replace(good, twin="a/b"), replace(good, twin=""), good):
        await announce(world, "sim.keyframes", b"twin", each)
    ranges = len(await world.ranges())
    deleted = await Expiry(world.bus, world.prefix, world.blobs, -1, SystemClock()).sweep({0})
    assert deleted == ranges + 1
    assert await world.blobs.within("sealed").digests() == []
    assert not await world.blobs.within("twin").within(KEYFRAMES).exists(kept)


@pytest.mark.parametrize("digest", ["0" * 64, "null"])
async def test_a_time_in_a_range_that_is_not_there_is_beyond_retention(world, digest):
    await world.write(40)
    async with world.archivist():
        await world.sealed_to(40)
    one = (await world.ranges())[0]
    await announce(world, "sim.sealed", key_of(one), replace(one, digest=digest))
    world.bus.trim(TopicPartition(world.journal, 0), one.last + 1)
    async with Past(world.bus, world.prefix, world.blobs, 0) as past:
        with pytest.raises(BeyondRetention) as caught:
            await past.offset_at(one.first_ms)
        assert (caught.value.asked, caught.value.oldest) == (one.first, one.last + 1)
        with pytest.raises(BeyondRetention):
            _ = [record async for record in past.records(one.first)]
