"""Follows chosen partitions of one topic from chosen offsets, across broker absences."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable

_POLL_S = 0.1
_PAUSE_S = 0.5
_BATCH = 500
_LOOK_S = 0.5
"""A partition without a leader is looked for in vain, and again after what the others have."""
_NOWHERE = sys.maxsize

OnRecord = Callable[[Record], Awaitable[None]]


class PartitionFollower:
    """Gives every record of the followed partitions to a callback, in order per partition."""

    def __init__(
        self, bus: Bus, topic: str, on_record: OnRecord, clock: Clock, *, gather_ms: int = 0
    ) -> None:
        """Begin with no partition.

        Args:
            bus: opens the reader.
            topic: physical topic name.
            on_record: takes each record before the next one is given.
            clock: for the wait while no broker answers.
            gather_ms: records may come so much later than they could, several at a time.
        """
        self._bus, self._topic, self._on_record, self._clock = bus, topic, on_record, clock
        self._gather_ms = gather_ms
        self._next: dict[int, int] = {}
        self._since: dict[int, int] = {}
        self._moved: set[int] = set()
        self._changed = asyncio.Event()
        self._connection: asyncio.Timeout | None = None

    def follow(self, partition: int, offset: int) -> None:
        """Read a partition from this offset on."""
        self._since.pop(partition, None)
        self._next[partition] = offset
        self._move(partition)

    def follow_since(self, partition: int, time_ms: int) -> None:
        """Read a partition from the first record of at least that record time on, or from where it is read if that is
        earlier: nothing is passed over.
        """
        self._since[partition] = min(time_ms, self._since.get(partition, time_ms))
        self._next.setdefault(partition, _NOWHERE)
        self._move(partition)

    def drop(self, partition: int) -> None:
        """Read a partition no longer."""
        self._since.pop(partition, None)
        if self._next.pop(partition, None) is not None:
            self._move(partition)

    def _move(self, partition: int) -> None:
        self._moved.add(partition)
        self._changed.set()

    def renew(self) -> None:
        """Go on by another connection. A record whose callback waits for something then isn't given again."""
        # several partitions may ask for it at once: what is being given up already can't be again
        if self._connection is not None and not self._connection.expired():
            self._connection.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Read, for ever."""
        while True:
            await self._changed.wait()
            try:
                async with asyncio.timeout(None) as self._connection:
                    await self._read()
            except BrokerUnreachable:
                self._changed.set()
                await self._clock.sleep(_PAUSE_S)
            except TimeoutError:  # by `renew`
                self._changed.set()
            finally:
                self._connection = None

    async def _read(self) -> None:
        """Read by one connection until nothing is followed."""
        async with await self._bus.reader(gather_ms=self._gather_ms) as reader:
            self._changed.set()
            while self._next:
                if self._changed.is_set():
                    self._changed.clear()
                    await self._place(reader)
                for record in await reader.poll(_BATCH, _POLL_S):
                    if record.partition in self._moved:
                        continue  # it is read again from where it is wanted now
                    self._next[record.partition] = record.offset + 1
                    await self._on_record(record)
            self._changed.clear()

    async def _place(self, reader: Reader) -> None:
        """Read what is followed now from where it has come to: others may be followed at any moment, and those that are
        read already hardly wait for them.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._look(reader)
        if self._since:
            self._changed.set()
        self._moved = set(self._since)
        await reader.read_from(
            {
                TopicPartition(self._topic, partition): offset
                for partition, offset in self._next.items()
                if partition not in self._moved
            }
        )

    async def _look(self, reader: Reader) -> None:
        """Find where to begin for those that are followed from a time on."""
        times = {TopicPartition(self._topic, partition): since for partition, since in self._since.items()}
        for tp, offset in (await reader.offsets_at(times)).items():
            if self._since.get(tp.partition) == times[tp]:  # else it was dropped or moved meanwhile
                del self._since[tp.partition]
                self._next[tp.partition] = min(offset, self._next[tp.partition])
