"""A connection that waits for an answer that never comes is given up for another."""

import asyncio

from sync_engine.adapters.follower import PartitionFollower
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic
from twin_common.clock import SystemClock


class DyingReader:
    """Hears nothing more once its bus has told it to."""

    def __init__(self, bus, inner, number: int) -> None:
        self._bus, self._inner, self._number = bus, inner, number

    async def poll(self, max_records, timeout):
        if self._number in self._bus.dead:
            self._bus.waits.set()
            await asyncio.Event().wait()
        return await self._inner.poll(max_records, timeout)

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *failure):
        self._bus.closed.append(self._number)
        await self._inner.close()


class DyingBus(MemoryBus):
    """A bus in memory that numbers its readers."""

    def __init__(self) -> None:
        super().__init__()
        self.opened, self.dead, self.closed, self.waits = 0, set(), [], asyncio.Event()

    async def reader(self, *, gather_ms=0):
        self.opened += 1
        return DyingReader(self, await super().reader(), self.opened)


async def test_by_another_connection_everything_behind_the_last_record_is_given_once():
    bus, heard, came = DyingBus(), [], asyncio.Event()

    async def on_record(record) -> None:
        heard.append(record.value)
        came.set()

    async with await bus.admin() as admin:
        await admin.create_topics([NewTopic("x", 1)])
    follower = PartitionFollower(bus, "x", on_record, SystemClock())
    follower.renew()  # nothing is read yet: nothing to give up
    follower.follow(0, 0)
    task = asyncio.create_task(follower.run())
    async with await bus.producer() as producer:
        await producer.send("x", value=b"one", partition=0)
        await came.wait()
        came.clear()
        bus.dead.add(1)
        await bus.waits.wait()
        await producer.send("x", value=b"two", partition=0)
        assert heard == [b"one"]
        follower.renew()
        await came.wait()
    task.cancel()
    assert heard == [b"one", b"two"]
    assert bus.closed[0] == 1
    assert bus.opened == 2
