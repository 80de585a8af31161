"""Iterating over partitions, the same way on either bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

from twin_common.bus.types import Record, TopicPartition

_BATCH = 1000
_WAIT_S = 0.1


class Scannable(Protocol):
    """What a reader must be able to do to be iterated over."""

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]: ...

    async def position(self, tp: TopicPartition) -> int: ...

    async def fetch(
        self, tps: Iterable[TopicPartition], max_records: int, timeout: float
    ) -> list[Record]: ...

    def rewind(self, tp: TopicPartition, offset: int) -> None: ...


async def read_to_end(reader: Scannable, tps: Sequence[TopicPartition]) -> AsyncIterator[Record]:
    """Every record from where the partitions stand to the ends that they have now.

    Progress is measured by position, not by the records seen: a compacted partition may have none before its
    end.
    """
    ends = await reader.end_offsets(tps)
    left = {tp for tp in tps if await reader.position(tp) < ends[tp]}
    while left:
        batch = [record for record in await reader.fetch(left, _BATCH, _WAIT_S)]
        async for record in _deliver(reader, [r for r in batch if r.offset < ends[r.tp]]):
            yield record
        for tp in {record.tp for record in batch if record.offset >= ends[record.tp]}:
            reader.rewind(tp, ends[tp])
        left = {tp for tp in left if await reader.position(tp) < ends[tp]}


async def tail(reader: Scannable) -> AsyncIterator[Record]:
    """Every record from where the reader stands, for ever."""
    while True:
        async for record in _deliver(reader, await reader.fetch((), _BATCH, _WAIT_S)):
            yield record


async def _deliver(reader: Scannable, batch: Sequence[Record]) -> AsyncIterator[Record]:
    """Yield a batch; when the caller stops early, stand before the first record that it has not seen."""
    given = 0
    try:
        for record in batch:
            given += 1
            yield record
    finally:
        for record in reversed(batch[given:]):
            reader.rewind(record.tp, record.offset)
