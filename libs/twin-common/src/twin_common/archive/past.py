"""Reads a journal partition from wherever it is kept: sealed ranges first, then the broker, without a seam."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from twin_common.archive.ranges import unpack
from twin_common.archive.sealed import FOLDER, holding, oldest_unbroken, sealed_ranges
from twin_common.blobs.api import BlobFolders
from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record, TopicPartition
from twin_common.errors import BeyondRetention, BlobMissing, OffsetUnavailable, RangeCorrupt
from twin_schemas.catalogue import topic
from twin_schemas.records import JournalSealed

_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What can be read of a partition.

    Attributes:
        oldest: the first offset from which on everything is kept.
        broker: the first offset that the broker keeps.
        end: the offset after the newest record.
    """

    oldest: int
    broker: int
    end: int


class Past:
    """One partition's journal as far as it is kept anywhere; use it as an async context manager.

    Args:
        bus: the broker.
        prefix: of the topics.
        blobs: the bucket for checkpoints.
        partition: of the journal.
    """

    def __init__(self, bus: Bus, prefix: str, blobs: BlobFolders, partition: int) -> None:
        self._bus, self._prefix, self._partition = bus, prefix, partition
        self._blobs = blobs.within(FOLDER)
        self._tp = TopicPartition(topic("sim.journal").physical(prefix), partition)
        self._ranges: list[JournalSealed] = []
        self._reader: Reader
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Past:
        self._reader = await self._stack.enter_async_context(await self._bus.reader())
        await self._reader.assign(self._tp)
        await self._look()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _look(self) -> None:
        self._ranges = (await sealed_ranges(self._bus, self._prefix, [self._partition]))[self._partition]

    async def kept(self) -> Kept:
        """What can be read now."""
        begin = (await self._reader.beginning_offsets([self._tp]))[self._tp]
        end = (await self._reader.end_offsets([self._tp]))[self._tp]
        return Kept(oldest_unbroken(self._ranges, begin), begin, end)

    async def offset_at(self, time_ms: int) -> int:
        """The first offset whose record was appended at that time (ms since the Unix epoch) or later.

        Raises:
            BeyondRetention: the records of that time are kept nowhere.
            RangeCorrupt, BlobCorrupt, StoreUnreachable: as for `records`.
        """
        kept = await self.kept()
        unbroken = [each for each in self._ranges if kept.oldest <= each.first < kept.broker]
        for each in sorted(unbroken, key=lambda each: each.first):
            if each.last_ms >= time_ms:
                try:
                    async for record in self._sealed(each, each.first, None):
                        if record.timestamp_ms >= time_ms:
                            return record.offset
                except BlobMissing:
                    raise BeyondRetention(self._partition, each.first, each.last + 1) from None
        return await self._reader.seek_to_time(self._tp, time_ms)

    async def records(
        self, start: int, key: bytes | None = None, until: int | None = None
    ) -> AsyncIterator[Record]:
        """Every record from an offset to the end of now, or those of one key; only those in front of `until`.

        Raises:
            BeyondRetention: an offset on the way is kept nowhere.
            RangeCorrupt, BlobCorrupt: what is kept can't be trusted.
            StoreUnreachable: object storage doesn't answer.
        """
        end = (await self.kept()).end
        end = end if until is None else min(end, until)
        tries = 0
        while start < end:
            if start >= (await self.kept()).broker:
                try:
                    await self._reader.seek(self._tp, start)
                except OffsetUnavailable:  # it was removed just now
                    tries = await self._again(tries, start)
                    continue
                async for record in self._reader.read_to_end(self._tp):
                    if record.offset >= end:
                        return
                    if record.offset >= start and (key is None or record.key == key):
                        yield record
                return
            found = holding(self._ranges, start)
            try:
                if found is None:
                    raise BlobMissing(f"no range holds offset {start}")
                async for record in self._sealed(found, start, key):
                    if record.offset >= end:
                        return
                    yield record
            except BlobMissing:  # it was deleted just now, or sealed
                tries = await self._again(tries, start)
                continue
            start = found.last + 1

    async def _again(self, tries: int, start: int) -> int:
        await self._look()
        oldest = (await self.kept()).oldest
        if tries >= _TRIES or oldest > start:
            raise BeyondRetention(self._partition, start, oldest)
        return tries + 1

    async def _sealed(self, found: JournalSealed, start: int, key: bytes | None) -> AsyncIterator[Record]:
        if key is not None and key.decode(errors="replace") not in found.twins:
            return
        blob = await self._blobs.get(found.digest)
        count = 0
        for record in unpack(blob, key):
            count += 1
            if record.offset >= start:
                yield record
        if key is None and count != found.count:
            raise RangeCorrupt(
                f"offsets {found.first} to {found.last}: {count} records instead of {found.count}"
            )
