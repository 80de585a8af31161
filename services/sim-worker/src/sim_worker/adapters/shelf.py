"""The checkpoints of partitions, read from their compacted topic."""

import logging
from collections.abc import Collection, Mapping
from hashlib import sha256

from sim_worker.domain.slots import CheckpointKey
from sim_worker.errors import CheckpointUnusable
from twin_common.blobs import BlobFolders, state_of
from twin_common.bus.api import Bus
from twin_common.bus.types import Record, TopicPartition
from twin_common.errors import BlobCorrupt, BlobMissing
from twin_common.slices import Slices
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import CheckpointTaken, FoldSnapshot

log = logging.getLogger(__name__)


class TopicShelf:
    """`Shelf` on the bus, with large states in object storage."""

    def __init__(self, bus: Bus, topic: str, blobs: BlobFolders, slices: Slices) -> None:
        """Read from this topic."""
        self._bus, self._topic, self._blobs, self._slices = bus, topic, blobs, slices

    async def read(
        self, partitions: Collection[int]
    ) -> Mapping[int, list[tuple[CheckpointKey, CheckpointTaken | None]]]:
        """The newest record of each key, in the order in which they were written."""
        newest: dict[int, dict[CheckpointKey, Record]] = {number: {} for number in partitions}
        async with await self._bus.reader() as reader:
            await reader.assign(*(TopicPartition(self._topic, number) for number in partitions))
            async for record in reader.read_to_end():
                try:
                    key = CheckpointKey.decode(record.key or b"")
                except ValueError:
                    log.error(
                        "%s[%d] offset %d: %r is no checkpoint's key", *record.tp, record.offset, record.key
                    )
                    continue
                held = newest[record.partition]
                held.pop(key, None)  # so that the keys stand in the order of their newest records
                if record.value is not None:
                    held[key] = record
                await self._slices.between()
        # only now: the topic may hold hundreds of outdated ones that wait for its compaction
        return {number: await self._decoded(held) for number, held in newest.items()}

    async def _decoded(
        self, held: Mapping[CheckpointKey, Record]
    ) -> list[tuple[CheckpointKey, CheckpointTaken | None]]:
        decoded = []
        for key, record in held.items():
            await self._slices.between()
            decoded.append((key, self._decode(key, record)))
        return decoded

    def _decode(self, key: CheckpointKey, record: Record) -> CheckpointTaken | None:
        try:
            decoded = codec.decode(record.value or b"")
        except SchemaError as error:
            log.error("%s[%d] offset %d: %s", *record.tp, record.offset, error)
            return None
        if not isinstance(decoded, CheckpointTaken) or (decoded.twin, decoded.incarnation) != key[:2]:
            log.error("%s[%d] offset %d: it is no checkpoint of %s", *record.tp, record.offset, key)
            return None
        return decoded

    async def snapshot(self, checkpoint: CheckpointTaken) -> FoldSnapshot:
        """The state, verified."""
        where = f"checkpoint of incarnation {checkpoint.incarnation} at offset {checkpoint.offset}"
        if checkpoint.snapshot is not None:
            snapshot, encoded = checkpoint.snapshot, codec.encode(checkpoint.snapshot)
        elif checkpoint.blob is not None:
            try:
                encoded = await state_of(self._blobs, checkpoint.twin, checkpoint.blob)
                decoded = codec.decode(encoded)
            except (BlobMissing, BlobCorrupt, SchemaError) as error:
                raise CheckpointUnusable(f"{where}: {error}") from error
            if not isinstance(decoded, FoldSnapshot):
                raise CheckpointUnusable(f"{where}: blob {checkpoint.blob} is a {type(decoded).__name__}")
            snapshot = decoded
        else:
            raise CheckpointUnusable(f"{where} has neither a state nor a blob")
        if snapshot.genesis.twin != checkpoint.twin:
            raise CheckpointUnusable(f"{where}: its state is of twin {snapshot.genesis.twin}")
        intact = sha256(encoded).hexdigest() == checkpoint.digest or checkpoint.digest in codec.digests(
            snapshot
        )
        if not intact:  # not as this build writes it, nor as an older one did
            raise CheckpointUnusable(f"{where}: its state doesn't have its digest")
        return snapshot
