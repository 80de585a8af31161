"""Reads journals to their ends, from the newest checkpoints on (journal rule 2)."""

from collections.abc import Awaitable, Callable, Mapping

from sync_engine.domain.found_tail import FoundTail
from sync_engine.domain.taken import Kept
from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BlobCorrupt, BlobMissing
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import CheckpointTaken, FoldSnapshot, TwinSpec
from twin_sim.journal import JournalTail

_log = get_logger(__name__)

FetchBlob = Callable[[str, str], Awaitable[bytes]]
"""Fetches a state of a twin by its digest."""

_SKEW_MS = 60_000
"""Clocks may differ by so much: a record may look older than what it follows from."""
_RECALL_MS = 30_000
"""Commands of so long before are read again even where checkpoints cover them: their senders may repeat them."""


class KafkaTails:
    """`sync_engine.domain.ports.Tails` on the bus."""

    def __init__(
        self, bus: Bus, journal: str, checkpoints: str, commands: str, blob: FetchBlob, clock: Clock
    ) -> None:
        """Take physical topic names, and where large checkpoints lie."""
        self._bus, self._journal, self._checkpoints, self._blob = bus, journal, checkpoints, blob
        self._commands = commands
        self._clock = clock

    async def read(self, partition: int, specs: Mapping[str, TwinSpec]) -> tuple[dict[str, FoundTail], int]:
        """The tails of these twins, and the offset to follow the journal from."""
        journal = TopicPartition(self._journal, partition)
        checkpoints = TopicPartition(self._checkpoints, partition)
        async with await self._bus.reader() as reader:
            if not specs:  # nobody's checkpoints are worth the time of those who are being handed over
                await reader.assign(journal)
                return {}, (await reader.end_offsets([journal]))[journal]
            await reader.assign(checkpoints)
            snapshots = await self._snapshots(reader, specs)
            await reader.assign(journal)
            end = (await reader.end_offsets([journal]))[journal]
            found = {
                twin: FoundTail(twin, JournalTail.from_snapshot(snapshot))
                for twin, snapshot in snapshots.items()
                if snapshot.offset < end  # else it is of another journal, from before the topic was made anew
            }
            await self._seek(reader, journal, specs, found)
            keys = {twin.encode(): twin for twin in specs}
            for twin in specs:
                found.setdefault(twin, FoundTail(twin, JournalTail()))
            async for record in reader.read_to_end(journal):
                owner = keys.get(record.key or b"")
                if owner is not None and record.value is not None:
                    found[owner].take(record.offset, record.value)
            await self._bound(reader, partition, found)
            return found, await reader.position(journal)

    async def taken_since(self, partition: int, twin: str, time_ms: int) -> list[Kept]:
        """What of commands a twin's journal has since a time, oldest first."""
        journal, found, key = (
            TopicPartition(self._journal, partition),
            FoundTail(twin, JournalTail()),
            twin.encode(),
        )
        async with await self._bus.reader() as reader:
            await reader.assign(journal)
            await reader.seek_to_time(journal, max(0, time_ms - _SKEW_MS))
            async for record in reader.read_to_end(journal):
                if record.key == key and record.value is not None:
                    found.recall(record.value)
        return found.taken

    async def _bound(self, reader: Reader, partition: int, found: Mapping[str, FoundTail]) -> None:
        """Nothing can be sequenced of commands that don't exist: their topic may have lost its newest records, and
        those that come in their places are new ones.
        """
        commands = TopicPartition(self._commands, partition)
        last = (await reader.end_offsets([commands]))[commands] - 1
        for twin, each in found.items():
            if each.tail.commands_offset > last:
                _log.error("commands that were sequenced are gone", twin=twin, last=last)
                each.tail.commands_offset = last

    async def _seek(
        self,
        reader: Reader,
        journal: TopicPartition,
        specs: Mapping[str, TwinSpec],
        found: Mapping[str, FoundTail],
    ) -> None:
        """Stand at the smallest offset that any of the twins needs."""
        first = (await reader.beginning_offsets([journal]))[journal]
        end = (await reader.end_offsets([journal]))[journal]
        starts = [found[twin].tail.offset + 1 for twin in specs if twin in found]
        fresh = [spec.created_ns // 1_000_000 for twin, spec in specs.items() if twin not in found]
        if found:
            recalled = self._clock.now_ns() // 1_000_000 - _RECALL_MS
            starts.append(await reader.seek_to_time(journal, max(0, recalled)))
        if fresh:  # no record of a twin is older than the twin
            starts.append(await reader.seek_to_time(journal, max(0, min(fresh) - _SKEW_MS)))
        await reader.seek(journal, min(end, max(first, min(starts, default=end))))

    async def _snapshots(self, reader: Reader, specs: Mapping[str, TwinSpec]) -> dict[str, FoldSnapshot]:
        """The newest checkpoint of each twin."""
        newest: dict[str, CheckpointTaken] = {}
        # most records wait for compaction: only the newest of each key are worth decoding
        kept = {record.key or b"": record async for record in reader.read_to_end()}
        for key, record in kept.items():
            twin = key.split(b"/")[0].decode(errors="replace")
            if record.value is None or twin not in specs:
                continue
            try:
                taken = codec.decode(record.value)
            except SchemaError as error:
                _log.error("checkpoint can't be read", twin=twin, offset=record.offset, reason=str(error))
                continue
            if not isinstance(taken, CheckpointTaken) or taken.twin != twin:
                _log.error("it is no checkpoint of its key", twin=twin, offset=record.offset)
                continue
            if twin not in newest or (taken.incarnation, taken.offset) > (
                newest[twin].incarnation,
                newest[twin].offset,
            ):
                newest[twin] = taken
        snapshots = {twin: await self._snapshot(twin, taken) for twin, taken in newest.items()}
        return {twin: snapshot for twin, snapshot in snapshots.items() if snapshot is not None}

    async def _snapshot(self, twin: str, taken: CheckpointTaken) -> FoldSnapshot | None:
        """The state of a checkpoint; None when it can't be had: then the journal is read from further back."""
        if taken.snapshot is not None:
            return _of(twin, taken.snapshot)
        try:
            snapshot = codec.decode(await self._blob(twin, taken.blob or taken.digest))
        except (BlobMissing, BlobCorrupt, SchemaError) as error:
            _log.error("checkpoint can't be used", twin=twin, tick=taken.tick, reason=str(error))
            return None
        return _of(twin, snapshot) if isinstance(snapshot, FoldSnapshot) else None


def _of(twin: str, snapshot: FoldSnapshot) -> FoldSnapshot | None:
    if snapshot.genesis.twin == twin:
        return snapshot
    _log.error("a checkpoint's state is another twin's", twin=twin, other=snapshot.genesis.twin)
    return None
