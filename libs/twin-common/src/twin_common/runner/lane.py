"""One partition in progress: a queue of records and the task that takes them to their handlers, one after the
other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from twin_common.bus.types import Offset, Record, TopicPartition

Deliver = Callable[[Record, Callable[[], bool]], Awaitable[bool]]


class Lane:
    """Works off one partition in order, and knows how far its effects are durable.

    Args:
        tp: the partition.
        deliver: takes one record to its end; False leaves it uncommitted.
    """

    def __init__(self, tp: TopicPartition, deliver: Deliver) -> None:
        self.tp = tp
        self._deliver = deliver
        self._queue: deque[Record] = deque()
        self._arrived = asyncio.Event()
        self._stopping = False
        self._handled: int | None = None
        self._committed: int | None = None
        self._task = asyncio.create_task(self._work(), name=f"lane {tp.topic}[{tp.partition}]")

    def add(self, record: Record) -> None:
        """Queue a record."""
        self._queue.append(record)
        self._arrived.set()

    @property
    def backlog(self) -> int:
        """Records queued, the one being handled included."""
        return len(self._queue)

    @property
    def to_commit(self) -> Offset | None:
        """Progress that isn't committed yet."""
        return None if self._handled in (None, self._committed) else Offset(self._handled or 0)

    def committed(self, offset: int) -> None:
        """Progress up to here is committed."""
        self._committed = offset

    @property
    def failure(self) -> BaseException | None:
        """What ended the lane, if anything did."""
        if self._task.done() and not self._task.cancelled():
            return self._task.exception()
        return None

    async def _work(self) -> None:
        while not self._stopping:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            record = self._queue[0]
            if not await self._deliver(record, lambda: self._stopping):
                return
            self._queue.popleft()
            self._handled = record.offset + 1

    async def finish(self, within_s: float) -> None:
        """Let the record in hand come to its end, drop the rest; raises nothing (see `failure`)."""
        self._stopping = True
        self._arrived.set()
        await asyncio.wait({self._task}, timeout=within_s)
        await self.abandon()

    async def abandon(self) -> None:
        """Stop in the middle: the record in hand is handled again elsewhere."""
        self._stopping = True
        self._task.cancel()
        await asyncio.wait({self._task})
