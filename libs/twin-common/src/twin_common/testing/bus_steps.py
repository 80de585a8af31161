"""Steps that tests of a bus are made of."""

from __future__ import annotations

import asyncio

from twin_common.bus.api import Bus, Consumer, Producer
from twin_common.bus.types import NewTopic, Record


async def make(bus: Bus, name: str, partitions: int = 1, **configs: str) -> str:
    """Create a topic; configs with `_` for `.`. Returns its name."""
    async with await bus.admin() as admin:
        await admin.create_topics(
            [NewTopic(name, partitions, {k.replace("_", "."): v for k, v in configs.items()})]
        )
    return name


async def fill(producer: Producer, topic: str, count: int, partition: int = 0) -> None:
    """Write 0 to `count` - 1 as text, under the keys k0, k1, k2 in turn."""
    for number in range(count):
        await producer.post(topic, key=b"k%d" % (number % 3), value=b"%d" % number, partition=partition)
    await producer.flush()


async def take(consumer: Consumer, count: int, within: float = 15.0) -> list[Record]:
    """Poll until `count` records have come."""
    found: list[Record] = []
    async with asyncio.timeout(within):
        while len(found) < count:
            found += await consumer.poll(timeout=0.2)
    return found


async def settle(*consumers: Consumer, partitions: int, within: float = 15.0) -> None:
    """Poll the members in turn until together they hold so many partitions, each with a share."""
    async with asyncio.timeout(within):
        while True:
            for consumer in consumers:
                await consumer.poll(timeout=0.05)
            held = [consumer.assignment() for consumer in consumers]
            if (
                all(held)
                and sum(map(len, held)) == partitions
                and len(frozenset().union(*held)) == partitions
            ):
                return


def values(records: list[Record]) -> list[int]:
    """The numbers that `fill` wrote."""
    return [int(record.value or b"-1") for record in records]
