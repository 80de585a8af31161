"""Following topics: from where, how far, and again after an absence."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from gateway_support.moody import MoodyBus

from api_gateway.adapters.following import Follower
from twin_common.bus.types import NewTopic, TopicPartition
from twin_common.clock import SystemClock
from twin_common.errors import TopicMissing

TOPICS = {"t": None}


@pytest.fixture
async def write(memory_bus):
    async with await memory_bus.admin() as admin:
        await admin.create_topics([NewTopic("t", 2)])
    async with await memory_bus.producer() as producer:

        async def written(*values, partition=0):
            for value in values:
                await producer.send("t", value=value, key=value, partition=partition)

        yield written


@asynccontextmanager
async def following(bus, **options):
    seen = []
    follower = Follower(bus, lambda record: seen.append(record.value), SystemClock(), **options)
    running = asyncio.ensure_future(follower.run(TOPICS))
    try:
        async with asyncio.timeout(20):
            await follower.begun.wait()
            yield follower, seen
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def heard(seen, count):
    while len(seen) < count:  # noqa: ASYNC110 (a list has no event)
        await asyncio.sleep(0.005)
    return seen


async def test_it_reads_what_is_there_and_then_what_comes(memory_bus, write):
    await write(b"a", b"b")
    async with following(memory_bus) as (follower, seen):
        await follower.caught_up.wait()
        assert seen == [b"a", b"b"]
        await write(b"c", partition=1)
        assert await heard(seen, 3) == [b"a", b"b", b"c"]


async def test_from_the_end_it_hears_only_what_is_new(memory_bus, write):
    await write(b"a")
    async with following(memory_bus, from_end=True) as (_, seen):
        await write(b"b")
        assert await heard(seen, 1) == [b"b"]


@pytest.mark.parametrize("from_end", [False, True])
async def test_an_absence_costs_nothing_and_repeats_nothing(memory_bus, write, from_end):
    bus = MoodyBus(memory_bus)
    async with following(bus, from_end=from_end) as (_, seen):
        await write(b"a")
        await heard(seen, 1)
        await bus.leaves()
        await write(b"b", b"c")
        bus.away = False
        assert await heard(seen, 3) == [b"a", b"b", b"c"]


async def test_what_was_deleted_meanwhile_is_passed_over(memory_bus, write):
    bus = MoodyBus(memory_bus)
    async with following(bus) as (_, seen):
        await write(b"a")
        await heard(seen, 1)
        await bus.leaves()
        await write(b"b", b"c")
        memory_bus.trim(TopicPartition("t", 0), 2)
        bus.away = False
        assert await heard(seen, 2) == [b"a", b"c"]


async def test_a_topic_that_was_never_there_ends_it(memory_bus):
    with pytest.raises(TopicMissing):
        await Follower(memory_bus, print, SystemClock()).run(TOPICS)
