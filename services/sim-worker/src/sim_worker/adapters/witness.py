"""Marks in object storage, compared with the journal as the broker has it."""

import asyncio

from sim_worker.domain.keeping import Contradiction
from twin_common.archive.marks import Marks, contradiction
from twin_common.blobs import BlobFolders
from twin_common.bus.api import Bus
from twin_common.bus.types import TopicPartition
from twin_common.errors import StoreUnreachable

_PATIENCE_S = 2.0
"""Twins don't wait any longer for object storage: without a mark they go on from their checkpoints."""


class MarkWitness:
    """`Witness` and `Ends` on object storage and the bus."""

    def __init__(self, bus: Bus, journal: str, blobs: BlobFolders) -> None:
        """Compare this topic with the marks in the bucket for checkpoints."""
        self._bus, self._journal, self._marks = bus, journal, Marks(blobs)

    async def end(self, partition: int) -> int:
        """The offset behind the newest record, now."""
        tp = TopicPartition(self._journal, partition)
        async with await self._bus.reader() as reader:
            return (await reader.end_offsets([tp]))[tp]

    async def contradiction(self, partition: int) -> Contradiction | None:
        """In what the journal contradicts its newest mark."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                mark = await self._marks.newest(partition)
        except TimeoutError:
            raise StoreUnreachable(f"no mark was read within {_PATIENCE_S:g} s") from None
        if mark is None:
            return None
        reason = await contradiction(self._bus, TopicPartition(self._journal, partition), mark)
        return None if reason is None else Contradiction(reason, mark.incarnation)

    async def forget(self, partition: int) -> None:
        """Remove the marks of a journal."""
        await self._marks.forget(partition)
