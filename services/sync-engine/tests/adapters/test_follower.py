"""A partition that is let go while the follower still looks for its place."""

import asyncio

from sync_engine.adapters.follower import PartitionFollower
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic
from twin_common.clock import SystemClock


class ReaderAround:
    """A reader of a bus that does something of its own."""

    def __init__(self, bus, inner) -> None:
        self._bus, self._inner = bus, inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *failure):
        await self._inner.close()


class SlowReader(ReaderAround):
    """Finds a time's offset only when it is let."""

    async def offsets_at(self, times):
        if any(tp.partition == 0 for tp in times):
            self._bus.seeking.set()
            await self._bus.found.wait()
        return await self._inner.offsets_at(times)


class SlowBus(MemoryBus):
    """A bus in memory whose readers look for times slowly on partition 0."""

    def __init__(self) -> None:
        super().__init__()
        self.seeking, self.found = asyncio.Event(), asyncio.Event()

    async def reader(self, *, gather_ms=0):
        return SlowReader(self, await super().reader())


async def test_a_partition_dropped_while_its_place_is_looked_for_is_not_followed():
    bus, heard, last = SlowBus(), [], asyncio.Event()

    async def on_record(record) -> None:
        heard.append((record.partition, record.value))
        if record.value == b"last":
            last.set()

    async with await bus.admin() as admin:
        await admin.create_topics([NewTopic("x", 2)])
    follower = PartitionFollower(bus, "x", on_record, SystemClock())
    follower.follow_since(0, 0)
    follower.follow_since(1, 0)
    task = asyncio.create_task(follower.run())
    await bus.seeking.wait()
    follower.drop(0)
    bus.found.set()
    async with await bus.producer() as producer:
        for partition, value in ((0, b"unwanted"), (1, b"wanted"), (0, b"unwanted"), (1, b"last")):
            await producer.send("x", value=value, partition=partition)
    await last.wait()
    task.cancel()
    assert heard == [(1, b"wanted"), (1, b"last")]


class BusyReader(ReaderAround):
    """Another partition is followed whenever it is read."""

    async def poll(self, max_records, timeout):
        records = await self._inner.poll(max_records, timeout)
        self._bus.follow_another()
        return records


class BusyBus(MemoryBus):
    """A bus in memory whose readers are given other partitions all the time."""

    def __init__(self) -> None:
        super().__init__()
        self.follow_another = lambda: None

    async def reader(self, *, gather_ms=0):
        return BusyReader(self, await super().reader())


async def test_what_is_read_does_not_wait_for_others_that_are_followed_meanwhile():
    bus, heard, came = BusyBus(), [], asyncio.Event()

    async def on_record(record) -> None:
        heard.append((record.partition, record.value))
        came.set()

    async with await bus.admin() as admin:
        await admin.create_topics([NewTopic("x", 2)])
    follower = PartitionFollower(bus, "x", on_record, SystemClock())
    bus.follow_another = lambda: follower.follow(1, 0)
    follower.follow(0, 0)
    task = asyncio.create_task(follower.run())
    async with await bus.producer() as producer:
        for value in (b"one", b"two"):
            came.clear()
            await producer.send("x", value=value, partition=0)
            async with asyncio.timeout(5):
                await came.wait()
    task.cancel()
    assert heard == [(0, b"one"), (0, b"two")]


class Hearing:
    """Takes records; the first one waits until it is let."""

    def __init__(self, wanted: int) -> None:
        self.heard, self._wanted = [], wanted
        self.begun, self.go_on, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, record) -> None:
        self.heard.append(record.value)
        self.begun.set()
        await self.go_on.wait()
        if len(self.heard) == self._wanted:
            self.done.set()


async def numbered(count: int) -> MemoryBus:
    """A bus with so many records on one partition."""
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await admin.create_topics([NewTopic("x", 1)])
    async with await bus.producer() as producer:
        for number in range(count):
            await producer.send("x", value=b"%d" % number, partition=0)
    return bus


async def test_who_is_to_follow_from_later_passes_over_nothing_that_is_unread():
    hearing = Hearing(5)
    follower = PartitionFollower(await numbered(5), "x", hearing, SystemClock())
    follower.follow_since(0, 0)
    task = asyncio.create_task(follower.run())
    async with asyncio.timeout(10):
        await hearing.begun.wait()
        follower.follow_since(0, SystemClock().now_ns() // 1_000_000 + 60_000)
        hearing.go_on.set()
        await hearing.done.wait()
    task.cancel()
    assert hearing.heard == [b"%d" % number for number in range(5)]


async def test_the_earlier_of_two_times_counts_until_its_place_is_found():
    hearing = Hearing(1)
    hearing.go_on.set()
    follower = PartitionFollower(await numbered(1), "x", hearing, SystemClock())
    follower.follow_since(0, 0)
    follower.follow_since(0, SystemClock().now_ns() // 1_000_000 + 60_000)
    task = asyncio.create_task(follower.run())
    async with asyncio.timeout(10):
        await hearing.done.wait()
    task.cancel()
