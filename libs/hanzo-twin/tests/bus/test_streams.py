from __future__ import annotations

import asyncio

from hanzo_twin.bus.streams import Streams
from hanzo_twin.bus.topics import Topics
from twin_common.bus.memory import MemoryBus
from twin_schemas.codec import encode
from twin_schemas.records import Epoch, ObservationFrame, SourcesAcquired, TwinPrediction, TwinSpec


def prediction(spec: TwinSpec, tick: int) -> TwinPrediction:
    return TwinPrediction(spec.twin, spec.name, 1, tick + 2, tick, 0, 0, [], [], 1)


async def test_following_begins_with_what_comes_next(bus: MemoryBus, topics: Topics, spec: TwinSpec) -> None:
    async with await bus.producer() as producer:
        name, key = topics.public(spec), spec.twin.encode()
        await producer.send(name, key=key, value=encode(prediction(spec, 0)))
        follow = Streams(bus, topics).follow_public(spec)
        waiting = asyncio.ensure_future(anext(follow))
        await asyncio.sleep(0.05)
        await producer.send(name, key=key, value=encode(prediction(spec, 1)))
        found = await asyncio.wait_for(waiting, 5)
        await follow.aclose()  # type: ignore[attr-defined]
    assert found.record.tick == 1


async def test_reading_gives_everything_kept_of_this_twin_only(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    at = topics.of_twin("sim.journal", spec)
    epoch = Epoch(1, "w")
    mine = [SourcesAcquired(epoch, -1, 1, 1), ObservationFrame(epoch, 0, [], -1)]
    async with await bus.producer() as producer:
        for key, record in ((spec.twin, mine[0]), ("another", mine[0]), (spec.twin, mine[1])):
            await producer.send(at.topic, partition=at.partition, key=key.encode(), value=encode(record))
    found = await Streams(bus, topics).read_journal(spec)
    assert [item.record for item in found] == mine
    assert [item.offset for item in found] == [0, 2]


async def test_an_item_keeps_the_bytes_as_they_were_written(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    value = encode(prediction(spec, 3))
    async with await bus.producer() as producer:
        await producer.send(topics.public(spec), key=spec.twin.encode(), value=value)
    (found,) = await Streams(bus, topics).read_public(spec)
    assert found.value == value
