"""Deletes what is kept no longer: sealed ranges of journals, and keyframes."""

from contextlib import suppress
from typing import Final

from twin_common.archive.sealed import FOLDER, key_of, sealed_ranges
from twin_common.blobs import KEYFRAMES, BlobFolders
from twin_common.bus.api import Bus, Producer
from twin_common.bus.types import TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BlobMissing, OffsetUnavailable
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.records import KeyframeTaken

_log = get_logger(__name__)
_DAY_MS: Final = 86_400_000


class Expiry:
    """Deletes a blob first and its announcement then, so that nothing is left that nobody knows of."""

    def __init__(self, bus: Bus, prefix: str, blobs: BlobFolders, days: float, clock: Clock) -> None:
        """Keep everything for so many days."""
        self._bus, self._prefix, self._blobs, self._clock = bus, prefix, blobs, clock
        self._kept_ms = round(days * _DAY_MS)
        self._keyframes: dict[int, int] = {}

    async def sweep(self, partitions: set[int]) -> int:
        """Delete what is too old on these partitions; returns how much.

        Raises:
            StoreUnreachable, BrokerUnreachable: the rest stays for the next sweep.
        """
        before_ms = self._clock.now_ns() // 1_000_000 - self._kept_ms
        async with await self._bus.producer() as producer:
            deleted = await self._ranges(producer, partitions, before_ms)
        return deleted + await self._frames(partitions, before_ms)

    async def _ranges(self, producer: Producer, partitions: set[int], before_ms: int) -> int:
        deleted, name = 0, topic("sim.sealed").physical(self._prefix)
        for number, ranges in (await sealed_ranges(self._bus, self._prefix, partitions)).items():
            kept = {sealed.digest for sealed in ranges if sealed.last_ms >= before_ms}
            for sealed in ranges:
                if sealed.last_ms >= before_ms:
                    continue
                if sealed.digest not in kept:
                    with suppress(BlobMissing):  # somebody announced what can't be there
                        await self._blobs.within(FOLDER).delete(sealed.digest)
                await producer.send(name, key=key_of(sealed), value=None, partition=number)
                deleted += 1
        return deleted

    async def _frames(self, partitions: set[int], before_ms: int) -> int:
        deleted, name = 0, topic("sim.keyframes").physical(self._prefix)
        async with await self._bus.reader() as reader:
            for number in sorted(partitions):
                tp = TopicPartition(name, number)
                await reader.assign(tp)
                if (start := self._keyframes.get(number)) is not None:
                    try:
                        await reader.seek(tp, start)
                    except OffsetUnavailable:
                        await reader.seek_to_beginning(tp)
                async for record in reader.read_to_end(tp):
                    if record.timestamp_ms >= before_ms:
                        break
                    deleted += await self._frame(record.value)
                    self._keyframes[number] = record.offset + 1
        return deleted

    async def _frame(self, value: bytes | None) -> int:
        try:
            taken = codec.decode(value or b"")
            if not isinstance(taken, KeyframeTaken):
                return 0
            await self._blobs.within(taken.twin).within(KEYFRAMES).delete(taken.digest)
        except (SchemaError, BlobMissing) as error:
            _log.error("a keyframe can't be read", reason=str(error))
            return 0
        return 1
