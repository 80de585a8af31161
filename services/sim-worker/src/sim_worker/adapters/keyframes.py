"""Keyframes: in object storage, indexed in a topic that is kept as long (journal rule 18)."""

from twin_common.blobs import KEYFRAMES, BlobFolders
from twin_common.bus.api import Producer
from twin_schemas import codec
from twin_schemas.records import KeyframeTaken


class BusKeyframes:
    """`KeyframeShelf` on the bus and object storage."""

    def __init__(self, producer: Producer, topic: str, blobs: BlobFolders) -> None:
        """Announce on this topic what is stored in the bucket for checkpoints."""
        self._producer, self._topic, self._blobs = producer, topic, blobs

    async def keep(self, partition: int, record: KeyframeTaken, encoded: bytes) -> None:
        """Store a state, then say so."""
        await self._blobs.within(record.twin).within(KEYFRAMES).put(encoded)
        await self._producer.send(
            self._topic, value=codec.encode(record), key=record.twin.encode(), partition=partition
        )

    async def erase(self, twin: str) -> None:
        """Remove every state of a twin that has gone."""
        folder = self._blobs.within(twin).within(KEYFRAMES)
        for digest in await folder.digests():
            await folder.delete(digest)
