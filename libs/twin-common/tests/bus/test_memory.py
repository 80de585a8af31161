"""The memory bus keeps the bus's promises, and a few that only it can make."""

from __future__ import annotations

import pytest

from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import Subscription, TopicPartition
from twin_common.clock import ManualClock
from twin_common.testing.bus_steps import fill, make, settle, values
from twin_common.testing.bus_suite import BusSuite


class TestMemoryBus(BusSuite):
    @pytest.fixture
    def bus(self) -> MemoryBus:
        return MemoryBus()

    @pytest.fixture
    def prefix(self) -> str:
        return "test"


async def test_compaction_keeps_the_newest_record_of_each_key_at_its_offset() -> None:
    bus = MemoryBus()
    topic = await make(bus, "t")
    async with await bus.producer() as producer, await bus.reader() as reader:
        await fill(producer, topic, 7)  # keys k0 k1 k2 in turn
        await producer.send(topic, key=b"k1", value=None, partition=0)
        bus.compact(topic)
        await reader.assign(TopicPartition(topic, 0))
        assert [(r.offset, r.key) for r in bus.records(topic)] == [(5, b"k2"), (6, b"k0"), (7, b"k1")]
        bus.compact(topic, drop_tombstones=True)
        assert values([r async for r in reader.read_to_end()]) == [5, 6]
        assert await reader.position(TopicPartition(topic, 0)) == 8


async def test_trimmed_records_are_gone_and_the_beginning_moves() -> None:
    bus = MemoryBus()
    tp = TopicPartition(await make(bus, "t"), 0)
    async with await bus.producer() as producer, await bus.reader() as reader:
        await fill(producer, "t", 5)
        bus.trim(tp, 3)
        await reader.assign(tp)
        assert await reader.beginning_offsets([tp]) == {tp: 3}
        assert values([r async for r in reader.read_to_end()]) == [3, 4]


async def test_a_departed_static_members_partitions_move_when_its_session_ends() -> None:
    clock = ManualClock()
    bus = MemoryBus(clock)
    topic = await make(bus, "t", 2)
    stay, go = (Subscription((topic,), "g", instance_id=name, session_timeout_ms=2500) for name in "ab")
    async with await bus.consumer(stay) as first:
        second = await bus.consumer(go)
        await settle(first, second, partitions=2)
        await second.close()
        await clock.advance(2.4)
        await first.poll(timeout=0)
        assert len(first.assignment()) == 1
        await clock.advance(0.2)
        await settle(first, partitions=2)


async def test_a_vanished_members_partitions_move() -> None:
    bus = MemoryBus()
    topic = await make(bus, "t", 2)
    async with await bus.consumer(Subscription((topic,), "g")) as first:
        second = await bus.consumer(Subscription((topic,), "g"))
        await settle(first, second, partitions=2)
        second.vanish()
        await settle(first, partitions=2)
