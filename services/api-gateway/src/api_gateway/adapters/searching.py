"""Looking for a record in the newest part of topics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TypeVar

from api_gateway.errors import Problem
from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record, TopicPartition

_BLOCK = 2_000
_MOST = 200_000
T = TypeVar("T")
Look = Callable[[Record], T | None]


class Search:
    """Reads partitions until something is found.

    Args:
        bus: opens a reader for each search.
        most: records that one search looks at.
    """

    def __init__(self, bus: Bus, most: int = _MOST) -> None:
        self._bus, self._most = bus, most

    async def find(
        self,
        look: Look[T],
        topics: Sequence[str],
        since_ms: int,
        *,
        forward: bool,
        partition: int | None = None,
    ) -> T | None:
        """The first thing that `look` finds.

        Args:
            look: what is looked for, or None.
            topics: physical names.
            since_ms: older records aren't looked at.
            forward: from `since_ms` on; else the newest first, block by block.
            partition: only this one of each topic.

        Raises:
            Problem: `unavailable`: there was too much to look through, so nothing is known.
        """
        async with await self._bus.reader() as reader:
            tps = [tp for name in topics for tp in await reader.partitions(name)]
            tps = [tp for tp in tps if partition in (None, tp.partition)]
            await reader.assign(*tps)
            first = {tp: await reader.seek_to_time(tp, since_ms) for tp in tps}
            ends = await reader.end_offsets(tps)
            seen = 0
            async for record in _onwards(reader) if forward else _backwards(reader, first, ends):
                if (found := look(record)) is not None:
                    return found
                if (seen := seen + 1) >= self._most:
                    raise Problem(
                        "unavailable",
                        "too much has happened to look through it now",
                        headers={"Retry-After": "5"},
                    )
        return None


async def _onwards(reader: Reader) -> AsyncIterator[Record]:
    async for record in reader.read_to_end():
        yield record


async def _backwards(
    reader: Reader, first: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Record]:
    """Blocks of every partition, the newest first."""
    ends = dict(ends)
    while open_ := {tp: end for tp, end in ends.items() if end > first[tp]}:
        for tp, end in open_.items():
            ends[tp] = max(first[tp], end - _BLOCK)
            await reader.seek(tp, ends[tp])
        while [tp for tp, end in open_.items() if await reader.position(tp) < end]:
            for record in await reader.poll(_BLOCK):
                if record.offset < open_.get(record.tp, 0):
                    yield record
