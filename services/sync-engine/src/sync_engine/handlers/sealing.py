"""Writes ranges of journal partitions to object storage and says so: the same records always the same way."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from sync_engine.domain.kinds import Kinds
from sync_engine.errors import JournalRewound
from sync_engine.handlers.filling import Bounds, Filling
from sync_engine.handlers.marking import Marker
from sync_engine.handlers.rereading import changed
from twin_common import metrics_table as m
from twin_common.archive.marks import Mark, Marks, contradictions, digest_of_value
from twin_common.archive.ranges import pack
from twin_common.archive.sealed import FOLDER, key_of, sealed_ranges
from twin_common.blobs.api import BlobFolders, digest_of
from twin_common.bus.api import Bus, Consumer, Producer, Reader
from twin_common.bus.types import Offset, Record, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import CommitFenced, Retryable, StoreRefused
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.records import JournalSealed, TwinGenesis

_AGAIN_S: Final = 2.0
_READ_S: Final = 120.0
"""Whoever reads up to an end that a broker has lost since waits for it on a quiet partition without end."""
_GENESES: Final = Kinds(TwinGenesis)
_log = get_logger(__name__)


class Sealer:
    """The partitions of the journal that this process seals.

    A range is stored, then announced, then committed: after a crash at any point it is sealed again, to the same bytes
    under the same key. While object storage doesn't answer, nothing is committed, so nothing is passed over.

    Args:
        bus: the broker.
        prefix: of the topics.
        blobs: the bucket for checkpoints.
        bounds: when ranges are sealed.
        clock: tells the time.
        metrics: where it is counted.
    """

    def __init__(
        self, bus: Bus, prefix: str, blobs: BlobFolders, bounds: Bounds, clock: Clock, metrics: Metrics
    ) -> None:
        self._bus, self._prefix, self._bounds, self._clock, self._metrics = (
            bus,
            prefix,
            bounds,
            clock,
            metrics,
        )
        self._blobs, self._marker = blobs.within(FOLDER), Marker(bus, Marks(blobs), clock, metrics)
        self._sealed = topic("sim.sealed").physical(prefix)
        self._producer: Producer | None = None
        self._waiting_until_ns = 0
        self.held: dict[TopicPartition, Filling] = {}

    async def open(self) -> None:
        """Be able to announce."""
        self._producer = await self._bus.producer()

    async def close(self) -> None:
        """Release what was opened."""
        if self._producer is not None:
            await self._producer.close()

    # Hooks of the consumer ------------------------------------------------------------------------------------------

    async def assigned(self, consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        """Partitions came: go on behind what is sealed of them, if it is still the same journal."""
        try:
            async with asyncio.timeout(_READ_S):
                sealed, begins, lost = await self._sealed_so_far(tps)
        except TimeoutError as error:
            raise JournalRewound(f"what is sealed isn't read within {_READ_S:g} s") from error
        for tp in tps:
            behind, first = sealed.get(tp), begins[tp]
            if tp in lost:
                behind = None
                self._metrics.count(m.LOST_TAILS, service="archivist")
                _log.error("the journal isn't the one that was sealed; sealing anew", partition=tp.partition)
            elif behind is not None and behind.offset + 1 < first:
                self._unkept(tp, first - behind.offset - 1)
            elif behind is not None:
                first = behind.offset + 1
            self.held[tp] = Filling(first, behind=behind)
            consumer.seek(tp, first)

    async def _sealed_so_far(
        self, tps: frozenset[TopicPartition]
    ) -> tuple[dict[TopicPartition, Mark], Mapping[TopicPartition, int], dict[TopicPartition, str]]:
        """The last sealed record, where the journal begins, and in what that contradicts it, by partition."""
        ranges = await sealed_ranges(self._bus, self._prefix, (tp.partition for tp in tps))
        newest = {
            tp: max(ranges[tp.partition], key=lambda each: each.last) for tp in tps if ranges[tp.partition]
        }
        sealed = {tp: Mark(0, each.last, each.last_digest) for tp, each in newest.items()}
        async with await self._bus.reader() as reader:
            begins = await reader.beginning_offsets(tps)
        return sealed, begins, await contradictions(self._bus, sealed)

    async def revoked(self, _consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        """Partitions go; what was read of them and not sealed is read again by whoever has them next."""
        for tp in tps:
            self.held.pop(tp, None)

    # Work -----------------------------------------------------------------------------------------------------------

    def take(self, consumer: Consumer, records: Iterable[Record]) -> None:
        """Take what was read; a partition with a full range isn't read any further.

        Raises:
            JournalRewound: the broker's log has been set back; take the partitions over again.
        """
        for record in records:
            filling = self.held.get(record.tp)
            if filling is None:
                continue
            if record.offset < filling.next:
                raise JournalRewound(
                    f"journal partition {record.partition} goes on at offset {record.offset} behind {filling.next - 1}"
                )
            if record.offset > filling.next:
                self._unkept(record.tp, record.offset - filling.next)
            filling.take(record)
            filling.incarnation = max(filling.incarnation, _incarnation(record))
            if filling.full(self._bounds):
                consumer.pause(record.tp)

    async def seal_due(self, consumer: Consumer) -> None:
        """Examine partitions that came, and seal whatever is due, unless object storage was away a moment ago.

        Raises:
            JournalRewound: the broker's log has been set back; take the partitions over again.
        """
        if self._clock.monotonic_ns() < self._waiting_until_ns:
            return
        try:
            await self._marker.examine(self.held)
            await self._seal_due(consumer)
        except JournalRewound:
            raise
        except StoreRefused as error:
            _log.error("sealing waits: object storage refuses; correct its keys or rights", reason=str(error))
            self._wait()
        except Retryable as error:
            _log.warning("sealing waits", reason=str(error))
            self._wait()

    def _wait(self) -> None:
        self._waiting_until_ns = self._clock.monotonic_ns() + round(_AGAIN_S * 1e9)

    async def _seal_due(self, consumer: Consumer) -> None:
        now_ms = self._clock.now_ns() // 1_000_000
        due = {
            tp: ranges for tp, filling in self.held.items() if (ranges := filling.due(self._bounds, now_ms))
        }
        if not due:
            return
        async with await self._bus.reader() as reader:
            for tp, ranges in due.items():
                await self._seal(consumer, reader, tp, ranges)

    async def _seal(
        self, consumer: Consumer, reader: Reader, tp: TopicPartition, ranges: Sequence[list[Record]]
    ) -> None:
        """Store ranges of a partition, announce them, and go on behind them.

        Raises:
            StoreUnreachable, StoreRefused, BrokerUnreachable: what was announced until then stays so, the rest is still
                due; what is stored of it repeats itself.
            JournalRewound: the broker doesn't have it any more; nothing was announced.
        """
        assert self._producer is not None
        filling = self.held[tp]
        blobs = await asyncio.to_thread(lambda: [pack(records) for records in ranges])
        await asyncio.gather(*map(self._blobs.put, blobs))
        await self._check_unchanged(
            reader, tp, filling.behind, [each for records in ranges for each in records]
        )
        for records, blob in zip(ranges, blobs, strict=True):
            record = announcement(records, blob, self._clock.now_ns())
            await self._producer.send(
                self._sealed, key=key_of(record), value=codec.encode(record), partition=tp.partition
            )
            filling.sealed(records)
            self._metrics.count(m.SEALED, partition=str(tp.partition))
            self._metrics.count(m.SEALED_BYTES, len(blob), partition=str(tp.partition))
        if not filling.full(self._bounds):
            consumer.resume(tp)
        try:
            await consumer.commit({tp: Offset(filling.first)})
        except CommitFenced as error:
            _log.info("sealed for somebody else", reason=str(error))

    async def _check_unchanged(
        self, reader: Reader, tp: TopicPartition, behind: Mark | None, records: Sequence[Record]
    ) -> None:
        """Read it again in front of the announcement: the broker may have lost it since.

        Raises:
            JournalRewound: it has, or can't tell.
        """
        try:
            async with asyncio.timeout(_READ_S):
                lost = await changed(reader, tp, behind, records)
        except TimeoutError as error:  # the journal may end before what its broker said, and grow no more
            raise JournalRewound(
                f"journal partition {tp.partition} isn't read again within {_READ_S:g} s"
            ) from error
        if lost is not None:
            raise JournalRewound(
                f"journal partition {tp.partition} has lost its records from offset {lost} on"
            )

    async def mark(self) -> None:
        """Note outside of the broker how far each partition reaches."""
        await self._marker.note(self.held)

    async def measure(self, consumer: Consumer) -> None:
        """How near the broker is to removing what isn't sealed."""
        now_ms = self._clock.now_ns() // 1_000_000
        ends = await consumer.end_offsets(self.held)
        for tp, filling in self.held.items():
            used = filling.used(self._bounds, now_ms, ends.get(tp, filling.next))
            self._metrics.set(m.UNSEALED, used, partition=str(tp.partition))

    def _unkept(self, tp: TopicPartition, count: int) -> None:
        self._metrics.count(m.UNKEPT, count, partition=str(tp.partition))
        _log.error(
            "the broker removed journal records before they were sealed", partition=tp.partition, count=count
        )


def _incarnation(record: Record) -> int:
    """The number of the incarnation that a record begins; 0: it begins none."""
    if record.value is None or not _GENESES.has(record.value):
        return 0
    with suppress(SchemaError):
        genesis = codec.decode(record.value)
        return genesis.incarnation if isinstance(genesis, TwinGenesis) else 0
    return 0


def announcement(records: Sequence[Record], blob: bytes, now_ns: int) -> JournalSealed:
    """What is said of a range that is stored."""
    keys = {record.key for record in records if record.key is not None}
    return JournalSealed(
        partition=records[0].partition,
        first=records[0].offset,
        last=records[-1].offset,
        count=len(records),
        first_ms=records[0].timestamp_ms,
        last_ms=records[-1].timestamp_ms,
        digest=digest_of(blob),
        size=len(blob),
        last_digest=digest_of_value(records[-1].value),
        twins=sorted(key.decode(errors="replace") for key in keys),
        sealed_ns=now_ns,
    )
