"""Marks and losses in object storage, compared with the journal as the broker has it."""

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict

from sim_worker.domain.keeping import Contradiction, Losses
from twin_common.archive.marks import Mark, Marks, contradiction
from twin_common.blobs import BlobFolders
from twin_common.bus.api import Bus
from twin_common.bus.types import TopicPartition
from twin_common.errors import BlobCorrupt, BlobMissing, StoreUnreachable, TwinError

_PATIENCE_S = 2.0
"""Twins don't wait any longer for object storage: without a mark they go on from their checkpoints."""


class MarkWitness:
    """`Witness` and `Ends` on object storage and the bus."""

    def __init__(self, bus: Bus, journal: str, blobs: BlobFolders) -> None:
        """Compare this topic with the marks in the bucket for checkpoints."""
        self._bus, self._journal, self._marks = bus, journal, Marks(blobs)
        self._blobs = blobs.within("marks")

    async def end(self, partition: int) -> int:
        """The offset behind the newest record, now."""
        tp = TopicPartition(self._journal, partition)
        async with await self._bus.reader() as reader:
            return (await reader.end_offsets([tp]))[tp]

    async def losses(self, partition: int) -> Losses:
        """What was noted of a journal, and in what it contradicts its newest mark."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                mark, noted = await asyncio.gather(self._marks.newest(partition), self._noted(partition))
        except TimeoutError:
            raise StoreUnreachable(f"no mark was read within {_PATIENCE_S:g} s") from None
        if mark is None:
            return noted
        if _name(mark) in noted.accounted:
            await self._forget(partition)
            return noted
        reason = await contradiction(self._bus, TopicPartition(self._journal, partition), mark)
        if reason is None:
            return noted
        return Losses(Contradiction(reason, mark.incarnation), noted.twins, frozenset([_name(mark)]))

    async def _forget(self, partition: int) -> None:
        """Whoever accounted for a mark has died before it was forgotten; the next one does it if it can't be now."""
        with suppress(TimeoutError, TwinError):
            async with asyncio.timeout(_PATIENCE_S):
                await self._marks.forget(partition)

    async def account(self, partition: int, losses: Losses) -> None:
        """Note twins first: the mark is what tells of them until then."""
        folder, kept = self._folder(partition), ""
        if losses.twins:
            twins = {twin: asdict(each) for twin, each in losses.twins.items()}
            kept = await folder.put(json.dumps([sorted(losses.accounted), twins]).encode())
        mark = await self._marks.newest(partition)
        if mark is not None and _name(mark) in losses.accounted:
            await self._marks.forget(partition)
        for digest in await folder.digests():
            if digest != kept:
                await folder.delete(digest)

    async def _noted(self, partition: int) -> Losses:
        """What all notes say together: somebody may have died between two."""
        folder, marks = self._folder(partition), set[str]()
        found: dict[str, Contradiction] = {}
        for digest in await folder.digests():
            try:
                accounted, twins = json.loads(await folder.get(digest))
                said = {twin: Contradiction(**each) for twin, each in twins.items()}
            except (BlobMissing, BlobCorrupt, ValueError, TypeError, AttributeError):
                continue  # replaced meanwhile, or not ours
            marks.update(accounted)
            for twin, each in said.items():
                if twin not in found or found[twin].above < each.above:
                    found[twin] = each
        return Losses(None, found, frozenset(marks))

    def _folder(self, partition: int) -> BlobFolders:
        return self._blobs.within(f"lost-{partition}")


def _name(mark: Mark) -> str:
    return f"{mark.noted_ns}/{mark.offset}/{mark.digest}"
