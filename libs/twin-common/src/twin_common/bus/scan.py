"""Reading and iterating over partitions, the same way on either bus.

A batch that was fetched and not yet delivered waits in the reader, so an iteration may be given up at any
record: what comes next, by whatever method, is the record after the last one delivered.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping

from twin_common.bus.client import ClosingClient
from twin_common.bus.types import Record, TopicPartition

_BATCH = 1000
_WAIT_S = 0.1


class ScanningReader(ClosingClient):
    """The part of a `Reader` that is the same on every bus."""

    def __init__(self) -> None:
        self._waiting: dict[TopicPartition, deque[Record]] = {}

    @abstractmethod
    async def _fetch(self, tps: Iterable[TopicPartition], limit: int, timeout: float) -> list[Record]:
        """The next records of some of the assigned partitions; of all when none are named."""

    @abstractmethod
    async def _position(self, tp: TopicPartition) -> int:
        """The offset that is fetched next."""

    @abstractmethod
    def _assigned(self) -> tuple[TopicPartition, ...]:
        """The assigned partitions in order."""

    @abstractmethod
    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""

    @abstractmethod
    async def offsets_at(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first record of at least a time in each partition."""

    @abstractmethod
    def _move(self, tp: TopicPartition, offset: int) -> None:
        """Fetch from this offset next."""

    def _forget(self, tp: TopicPartition) -> None:
        """The position was moved: what had been fetched doesn't count any more."""
        self._waiting.pop(tp, None)

    def _check(self, tp: TopicPartition) -> None:
        if tp not in self._assigned():
            raise ValueError(f"{tp.topic}[{tp.partition}] isn't assigned to this reader")

    async def seek_to_time(self, tp: TopicPartition, timestamp_ms: int) -> int:
        """Read from the first record of at least that time next."""
        self._check(tp)
        offset = (await self.offsets_at({tp: timestamp_ms}))[tp]
        self._move(tp, offset)
        return offset

    async def position(self, tp: TopicPartition) -> int:
        """The offset that is read next."""
        self._check(tp)
        waiting = self._waiting.get(tp)
        return waiting[0].offset if waiting else await self._position(tp)

    async def poll(self, max_records: int = 500, timeout: float = 0.1) -> list[Record]:
        """The next records of all assigned partitions."""
        found = [
            queue.popleft() for queue in self._waiting.values() for _ in range(min(len(queue), max_records))
        ]
        if not found:
            return await self._fetch((), max_records, timeout)
        for record in reversed(found[max_records:]):
            self._waiting[record.tp].appendleft(record)
        return found[:max_records]

    async def read_to_end(self, *tps: TopicPartition) -> AsyncIterator[Record]:
        """Every record from where these partitions stand to the ends that they have now.

        Progress is measured by position, not by the records seen: a compacted partition may have none before
        its end.
        """
        wanted = tps or self._assigned()
        ends = await self.end_offsets(wanted)
        left = {tp for tp in wanted if await self.position(tp) < ends[tp]}
        while left:
            for tp in sorted(left):
                queue = self._waiting.get(tp)
                while queue and queue[0].offset < ends[tp]:
                    yield queue.popleft()
            left = {tp for tp in left if await self.position(tp) < ends[tp]}
            if left:
                self._keep(await self._fetch(left, _BATCH, _WAIT_S))

    async def tail(self) -> AsyncIterator[Record]:
        """Every record of the assigned partitions from where they stand, for ever."""
        while True:
            for queue in list(self._waiting.values()):
                while queue:
                    yield queue.popleft()
            self._keep(await self._fetch((), _BATCH, _WAIT_S))

    def _keep(self, batch: Iterable[Record]) -> None:
        for record in batch:
            self._waiting.setdefault(record.tp, deque()).append(record)
