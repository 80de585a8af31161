"""Reads what the archivist has sealed, through the topic that announces it and object storage."""

from __future__ import annotations

import asyncio
import time

from faulting.books.archive import ArchiveBook
from faulting.books.sealing import SealingBook
from faulting.taps import Raw, Tap
from hanzo_twin.stack import Connection
from twin_common.archive.ranges import unpack
from twin_common.archive.sealed import FOLDER
from twin_common.blobs import BlobStore, S3Blobs
from twin_common.errors import BlobCorrupt, BlobMissing, RangeCorrupt, StoreUnreachable
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import JournalSealed

QUICK = {
    "HANZO_TWIN_RETENTION_SEAL_AFTER_S": "2",
    "HANZO_TWIN_RETENTION_SEAL_BYTES": "20000",
    "HANZO_TWIN_RETENTION_MARK_S": "0.5",
}
"""Settings of an archivist in a hurry: ranges are small and sealed all the time, so every strike comes amid sealing."""
_PATIENCE_S = 90.0


class Archive:
    """The sealed journals of one stage.

    Attributes:
        sealing: how long records waited.
        read_ns: when announcements were read last, ns since the Unix epoch.

    Args:
        brokers: the true addresses.
        prefix: of the topics.
        blobs: where ranges lie.
    """

    def __init__(self, brokers: str, prefix: str, blobs: BlobStore) -> None:
        self._blobs, self._name = blobs, topic("sim.sealed").physical(prefix)
        self._tap, self._book = Tap(brokers, [self._name]), ArchiveBook()
        self.sealing, self.read_ns = SealingBook(), 0
        self._announced: list[JournalSealed] = []

    @classmethod
    def of(cls, there: Connection) -> Archive:
        """What is sealed on a stack."""
        settings = there.settings({})
        blobs = S3Blobs(settings.storage, settings.storage.buckets.checkpoints).within(FOLDER)
        return cls(there.brokers, settings.stream.topic_prefix, blobs)

    def written(self, raw: Raw) -> None:
        """The journal has this record."""
        self._book.written(raw.partition, raw.offset, raw.key.encode(), raw.value)
        self.sealing.written(raw.partition, raw.offset, raw.at_ms)

    async def settle(self) -> list[str]:
        """Wait until everything that was written is sealed, as long as that may take; returns what is wrong then."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            self.read_ns = time.time_ns()
            for raw in (await self._tap.read())[self._name]:
                said = codec.decode(raw.value) if raw.value is not None else None
                if isinstance(said, JournalSealed):
                    self.sealing.announced(said.partition, said.last, raw.at_ms)
                    self._announced.append(said)
            self._announced = [each for each in self._announced if not await self._take(each)]
            if time.monotonic() > deadline or not (self._announced or self._book.lacking()):
                return self._book.settle()
            await asyncio.sleep(0.3)

    async def _take(self, sealed: JournalSealed) -> bool:
        """Read a range; False when object storage doesn't answer."""
        try:
            self._book.sealed(unpack(await self._blobs.get(sealed.digest)))
        except StoreUnreachable:
            return False
        except (BlobMissing, BlobCorrupt, RangeCorrupt) as error:
            where = f"partition {sealed.partition} offsets {sealed.first} to {sealed.last}"
            self._book.differing.append(f"{where} are announced and can't be read: {error}")
        return True
