"""What a twin says, record by record: its public stream, its raw predictions, its journal, its status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import get_args

from hanzo_twin.bus.records import Item, T, item, of_key
from hanzo_twin.bus.topics import Topics
from twin_common.archive.past import Past
from twin_common.blobs import BlobFolders
from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record as BusRecord
from twin_common.bus.types import TopicPartition
from twin_schemas.errors import SchemaError
from twin_schemas.records import (
    CheckpointTaken,
    HorizonFrame,
    HorizonResidual,
    PredictionFrame,
    SimStatus,
    SyncStatus,
    TwinPrediction,
    TwinSpec,
)
from twin_sim.journal import JournalRecord

_STATUSES: tuple[type[SimStatus | SyncStatus], ...] = (SimStatus, SyncStatus)


@dataclass(frozen=True, slots=True)
class PastJournal:
    """A twin's journal from somewhere on.

    Attributes:
        items: records in log order, void ones included.
        unreadable: by offset, why a record can't be read.
        oldest: the first offset of the partition from which on everything is kept.
    """

    items: tuple[Item[JournalRecord], ...]
    unreadable: Mapping[int, str]
    oldest: int


class Streams:
    """Iterators over the topics of one twin. `read_*` end at the log's end of now, `follow_*` never end."""

    def __init__(self, bus: Bus, topics: Topics) -> None:
        """Opens nothing yet."""
        self._bus = bus
        self._topics = topics

    async def follow_public(self, spec: TwinSpec) -> AsyncIterator[Item[TwinPrediction]]:
        """The public stream from now on; a repeat after a restore has the (incarnation, offset) of its first.

        Raises:
            TopicMissing: the twin publishes nothing to Kafka.
        """
        async with await self._bus.reader() as reader:
            await reader.assign(*await reader.partitions(self._topics.public(spec)))
            await reader.seek_to_end()
            async for found in of_key(reader.tail(), spec.twin, TwinPrediction):
                yield found

    async def follow_status(self, spec: TwinSpec) -> AsyncIterator[Item[SimStatus | SyncStatus]]:
        """The newest reports, then every further one."""
        async with await self._bus.reader() as reader:
            await reader.assign(*await reader.partitions(self._topics.name("twin.status")))
            keys = {f"{spec.twin}/sim".encode(), f"{spec.twin}/sync".encode()}
            newest = {read.key: read async for read in reader.read_to_end() if read.key in keys}
            for read in newest.values():  # what was said before them holds no more
                if (found := item(read, *_STATUSES)) is not None:
                    yield found
            async for read in reader.tail():
                if read.key in keys and (found := item(read, *_STATUSES)) is not None:
                    yield found

    async def read_public(self, spec: TwinSpec) -> list[Item[TwinPrediction]]:
        """The public stream as far as it is kept."""
        async with await self._bus.reader() as reader:
            parts = await reader.partitions(self._topics.public(spec))
            return await self._read(reader, parts, spec, TwinPrediction)

    async def read_predictions(self, spec: TwinSpec) -> list[Item[PredictionFrame]]:
        """The workers' predictions as far as they are kept, repeats included."""
        async with await self._bus.reader() as reader:
            part = self._topics.of_twin("sim.predictions", spec)
            return await self._read(reader, (part,), spec, PredictionFrame)

    async def read_horizons(self, spec: TwinSpec) -> list[Item[HorizonFrame | HorizonResidual]]:
        """Forecasts and residuals as far as they are kept."""
        async with await self._bus.reader() as reader:
            part = self._topics.of_twin("sim.horizons", spec)
            return await self._read(reader, (part,), spec, HorizonFrame, HorizonResidual)

    async def read_checkpoints(self, spec: TwinSpec) -> list[Item[CheckpointTaken]]:
        """The twin's checkpoints as far as they are kept: the newest of each slot, and older ones until compaction."""
        async with await self._bus.reader() as reader:
            await reader.assign(self._topics.of_twin("sim.checkpoints", spec))
            prefix = f"{spec.twin}/".encode()
            found = [
                item(read, CheckpointTaken)
                async for read in reader.read_to_end()
                if (read.key or b"").startswith(prefix)
            ]
            return [each for each in found if each is not None]

    async def read_journal(self, spec: TwinSpec) -> list[Item[JournalRecord]]:
        """The twin's journal as far as it is kept, void records included (see `twin_sim.journal`)."""
        async with await self._bus.reader() as reader:
            part = self._topics.of_twin("sim.journal", spec)
            return await self._read(reader, (part,), spec, *get_args(JournalRecord))

    async def read_whole_journal(self, spec: TwinSpec) -> tuple[list[Item[JournalRecord]], dict[int, str]]:
        """The twin's journal, and by offset why a record of it can't be read."""
        found: list[Item[JournalRecord]] = []
        unreadable: dict[int, str] = {}
        async with await self._bus.reader() as reader:
            await reader.assign(self._topics.of_twin("sim.journal", spec))
            async for read in reader.read_to_end():
                if read.key == spec.twin.encode():
                    _sort(read, found, unreadable)
        return found, unreadable

    async def read_past(
        self, spec: TwinSpec, blobs: BlobFolders, start: int | None = None, until: int | None = None
    ) -> PastJournal:
        """The twin's journal as far as it is kept anywhere, or from an offset on and in front of another.

        Raises:
            BeyondRetention: an offset from `start` on isn't kept any more.
        """
        found: list[Item[JournalRecord]] = []
        unreadable: dict[int, str] = {}
        async with Past(self._bus, self._topics.prefix, blobs, spec.partition) as past:
            oldest = (await past.kept()).oldest
            begin = oldest if start is None else start
            async for read in past.records(begin, spec.twin.encode(), until):
                _sort(read, found, unreadable)
        return PastJournal(tuple(found), unreadable, oldest)

    async def offset_of(
        self, spec: TwinSpec, blobs: BlobFolders, offset: int | None, time_ms: int | None
    ) -> int:
        """The last offset of a twin's partition at or in front of a moment: an offset, or else a time."""
        async with Past(self._bus, self._topics.prefix, blobs, spec.partition) as past:
            end = (await past.kept()).end
            if offset is not None:
                return min(offset, end - 1)
            return end - 1 if time_ms is None else await past.offset_at(time_ms + 1) - 1

    @staticmethod
    async def _read(
        reader: Reader, parts: tuple[TopicPartition, ...], spec: TwinSpec, *kinds: type[T]
    ) -> list[Item[T]]:
        await reader.assign(*parts)
        return [found async for found in of_key(reader.read_to_end(), spec.twin, *kinds)]


def _sort(read: BusRecord, found: list[Item[JournalRecord]], unreadable: dict[int, str]) -> None:
    """Put a record of a journal where it belongs."""
    try:
        each = item(read, *get_args(JournalRecord))
    except SchemaError as error:
        unreadable[read.offset] = str(error)
        return
    if each is None:
        unreadable[read.offset] = "it is no journal record"
    else:
        found.append(each)
