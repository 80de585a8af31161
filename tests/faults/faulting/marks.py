"""How far the journals reach according to marks outside of the broker, and according to the broker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from faulting.watching import QUIET
from hanzo_twin.stack import Connection
from twin_common.archive.marks import Marks
from twin_common.blobs import S3Blobs
from twin_common.errors import StoreUnreachable
from twin_schemas.catalogue import topic

_PATIENCE_S = 20.0


class KeptMarks:
    """The marks of one stage.

    Args:
        brokers: the true addresses.
        journal: physical name of the topic.
        marks: where they lie.
    """

    def __init__(self, brokers: str, journal: str, marks: Marks) -> None:
        self._brokers, self._journal, self._marks = brokers, journal, marks

    @classmethod
    def of(cls, there: Connection) -> KeptMarks:
        """The marks of a stack."""
        settings = there.settings({})
        blobs = S3Blobs(settings.storage, settings.storage.buckets.checkpoints)
        return cls(there.brokers, topic("sim.journal").physical(settings.stream.topic_prefix), Marks(blobs))

    async def ends(self) -> Mapping[int, int]:
        """The offset behind the last record of each partition of the journal.

        Raises:
            TimeoutError: a broker that was started a moment ago still doesn't lead all of them.
        """
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                with contextlib.suppress(KafkaException):
                    return await asyncio.to_thread(self._ends)
                await asyncio.sleep(0.5)

    def _ends(self) -> Mapping[int, int]:
        options = {"bootstrap.servers": self._brokers, "group.id": "ends", "enable.auto.commit": False}
        consumer = Consumer({**options, **QUIET})
        try:
            known = consumer.list_topics(self._journal, _PATIENCE_S).topics[self._journal].partitions
            places = [TopicPartition(self._journal, number) for number in known]
            return {
                place.partition: consumer.get_watermark_offsets(place, _PATIENCE_S)[1] for place in places
            }
        finally:
            consumer.close()

    async def behind(self, ends: Mapping[int, int]) -> None:
        """Wait until every partition that has grown since it ended here has a mark behind that end.

        Raises:
            TimeoutError: one has none.
        """
        grown = [number for number, end in (await self.ends()).items() if end > ends[number]]
        async with asyncio.timeout(_PATIENCE_S):
            for partition in grown:
                await self._is_behind(partition, ends[partition])

    async def _is_behind(self, partition: int, end: int) -> None:
        while True:
            if await self._reaches(partition, end):
                return
            await asyncio.sleep(0.1)

    async def _reaches(self, partition: int, offset: int) -> bool:
        try:
            mark = await self._marks.newest(partition)
        except StoreUnreachable:
            return False
        return mark is not None and mark.offset >= offset
