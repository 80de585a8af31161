"""Where a journal partition was seen to reach, noted outside of the broker.

A broker whose folder is set back to an earlier state can't know it. Who finds a mark beyond the end of the log does, or
who finds another record where the mark is.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256

from twin_common.blobs.api import BlobFolders
from twin_common.bus.api import Bus
from twin_common.bus.types import TopicPartition
from twin_common.errors import BlobCorrupt, BlobMissing


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A record that was in the journal.

    Attributes:
        noted_ns: when that was noted, ns since the Unix epoch; the newest mark counts.
        offset: of the record.
        digest: sha256 of its value.
        incarnation: the highest that was numbered in the partition's journals so far.
    """

    noted_ns: int
    offset: int
    digest: str
    incarnation: int = 0


def digest_of_value(value: bytes | None) -> str:
    """What a mark or a checkpoint says of a record."""
    return sha256(value or b"").hexdigest()


class Marks:
    """The marks of a topic's partitions."""

    def __init__(self, blobs: BlobFolders) -> None:
        """Keep them in this bucket."""
        self._blobs = blobs

    async def put(self, partition: int, mark: Mark) -> None:
        """Note a mark; those before it go."""
        folder = self._folder(partition)
        kept = await folder.put(json.dumps(asdict(mark)).encode())
        for digest in await folder.digests():
            if digest != kept:
                await folder.delete(digest)

    async def newest(self, partition: int) -> Mark | None:
        """The newest mark of a partition; None: there is none."""
        found = []
        folder = self._folder(partition)
        for digest in await folder.digests():
            try:
                found.append(Mark(**json.loads(await folder.get(digest))))
            except (BlobMissing, BlobCorrupt, ValueError, TypeError):
                continue  # replaced meanwhile, or not ours
        return max(found, default=None)

    async def forget(self, partition: int) -> None:
        """Remove every mark of a partition, whose journal has become another one."""
        folder = self._folder(partition)
        for digest in await folder.digests():
            await folder.delete(digest)

    def _folder(self, partition: int) -> BlobFolders:
        return self._blobs.within("marks").within(f"partition-{partition}")


async def contradiction(bus: Bus, tp: TopicPartition, mark: Mark) -> str | None:
    """In what a journal contradicts a mark of it, for people; None: in nothing that can still be seen."""
    async with await bus.reader() as reader:
        await reader.assign(tp)
        end = (await reader.end_offsets([tp]))[tp]
        if mark.offset >= end:
            return f"the journal ends at offset {end - 1}, offset {mark.offset} was seen in it"
        if mark.offset < (await reader.beginning_offsets([tp]))[tp]:
            return None
        await reader.seek(tp, mark.offset)
        async for record in reader.read_to_end(tp):
            if record.offset == mark.offset and digest_of_value(record.value) == mark.digest:
                return None
            break
    return f"journal offset {mark.offset} isn't the record that was seen there"
