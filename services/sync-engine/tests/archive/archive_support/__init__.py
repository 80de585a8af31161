"""A journal on a bus, an archivist that seals it, and whoever reads it back."""

import asyncio
from contextlib import asynccontextmanager

from sync_engine.bootstrap_archivist import build
from twin_common.archive.past import Past
from twin_common.archive.sealed import sealed_ranges
from twin_common.bus.topics import bounded, create_topics
from twin_common.clock import SystemClock
from twin_common.health import Health
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_common.settings.retention import Retention
from twin_schemas.catalogue import catalogue, topic

SMALL = Retention(seal_after_s=0.001, seal_bytes=2000, mark_s=0.05)


async def until(look, good, patience_s=30):
    """What `look` finds, as soon as it is good."""
    async with asyncio.timeout(patience_s):
        while True:
            if good(found := await look()):
                return found
            await asyncio.sleep(0.05)


class World:
    """What the tests do and see."""

    until = staticmethod(until)

    def __init__(self, bus, blobs, prefix, retention):
        self.bus, self.blobs, self.prefix, self.retention = bus, blobs, prefix, retention
        self.journal = topic("sim.journal").physical(prefix)
        self.metrics = Metrics(process=False)

    async def write(self, count, partition=0, twins=("a", "b"), size=50):
        async with await self.bus.producer() as producer:
            for number in range(count):
                key, value = twins[number % len(twins)].encode(), bytes([number % 256]) * size
                headers = (("traceparent", b"00-x"),) if number % 7 == 0 else ()
                await producer.post(self.journal, key=key, value=value, partition=partition, headers=headers)

    @asynccontextmanager
    async def archivist(self, blobs=None, instance="one"):
        stop, clock = asyncio.Event(), SystemClock()
        settings = Settings(retention=self.retention)
        settings = settings.model_copy(
            update={"stream": settings.stream.model_copy(update={"topic_prefix": self.prefix})}
        )
        made = build(
            settings, bus=self.bus, blobs=blobs or self.blobs, clock=clock, health=Health(clock),
            metrics=self.metrics, instance=instance,
        )  # fmt: skip
        task = asyncio.create_task(made.run(stop))
        try:
            yield made
        finally:
            stop.set()
            await task

    async def ranges(self, partition=0):
        return (await sealed_ranges(self.bus, self.prefix, [partition]))[partition]

    async def sealed_to(self, offset, partition=0):
        """Wait until everything in front of an offset is sealed."""
        await until(
            lambda: self.ranges(partition),
            lambda ranges: max((each.last for each in ranges), default=-1) >= offset - 1,
        )

    async def read(self, start=0, key=None, partition=0):
        async with Past(self.bus, self.prefix, self.blobs, partition) as past:
            return [record async for record in past.records(start, key)]

    async def broker(self, partition=0):
        async with await self.bus.reader() as reader:
            parts = await reader.partitions(self.journal)
            await reader.assign(parts[partition])
            return [record async for record in reader.read_to_end()]


async def world_on(bus, blobs, prefix, retention):
    wanted = {name: catalogue()[name] for name in ("sim.journal", "sim.sealed", "sim.keyframes")}
    async with await bus.admin() as admin:
        await create_topics(admin, bounded(wanted, retention), prefix, partitions=2)
    return World(bus, blobs, prefix, retention)
