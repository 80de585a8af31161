"""Where a journal partition was seen to reach, noted outside of the broker.

A broker whose folder is set back to an earlier state can't know it. Who finds a mark beyond the end of the log does, or
who finds another record where the mark is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final

from twin_common.blobs.api import BlobFolders
from twin_common.bus.api import Bus
from twin_common.bus.types import Record, TopicPartition
from twin_common.errors import BlobCorrupt, BlobMissing

NOWHERE: Final = -1
"""The offset of a mark that says nothing but which incarnations are used up."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A record that was in the journal.

    Attributes:
        noted_ns: when that was noted, ns since the Unix epoch; the newest mark counts.
        offset: of the record; -1: none of the journal as it is now, whatever was seen before.
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
        """Nothing was seen of a partition, whose journal has become another one; its incarnations stay used up."""
        mark = await self.newest(partition)
        if mark is not None and mark.offset != NOWHERE:
            await self.put(partition, Mark(mark.noted_ns + 1, NOWHERE, "", mark.incarnation))

    def _folder(self, partition: int) -> BlobFolders:
        return self._blobs.within("marks").within(f"partition-{partition}")


async def contradiction(bus: Bus, tp: TopicPartition, mark: Mark) -> str | None:
    """In what a journal contradicts a mark of it, for people; None: in nothing that can still be seen."""
    return (await contradictions(bus, {tp: mark})).get(tp)


async def contradictions(bus: Bus, marks: Mapping[TopicPartition, Mark]) -> dict[TopicPartition, str]:
    """In what journals contradict marks of them, for people; those that contradict in nothing are left out."""
    if not marks:
        return {}
    found: dict[TopicPartition, str] = {}
    async with await bus.reader() as reader:
        ends, begins = await reader.end_offsets(marks), await reader.beginning_offsets(marks)
        left: dict[TopicPartition, int] = {}
        for tp, mark in marks.items():
            if mark.offset >= ends[tp]:
                found[tp] = f"the journal ends at offset {ends[tp] - 1}, offset {mark.offset} was seen in it"
            elif mark.offset >= begins[tp]:
                left[tp] = mark.offset
        if left:
            await reader.read_from(left)
            async for record in reader.read_to_end():
                mark = marks[record.tp]
                if record.tp in left and _differs(record, mark):
                    found[record.tp] = f"journal offset {mark.offset} isn't the record that was seen there"
                left.pop(record.tp, None)
                if not left:
                    break
    return found


def _differs(record: Record, mark: Mark) -> bool:
    return (record.offset, digest_of_value(record.value)) != (mark.offset, mark.digest)
