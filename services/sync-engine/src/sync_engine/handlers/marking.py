"""Notes outside of the broker how far journals reach, and sees when they reach less far than was noted."""

import asyncio
from collections.abc import Mapping

from sync_engine.handlers.filling import Filling
from twin_common import metrics_table as m
from twin_common.archive.marks import NOWHERE, Mark, Marks, contradictions, digest_of_value
from twin_common.bus.api import Bus
from twin_common.bus.types import TopicPartition
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.logs import get_logger
from twin_common.metrics import Metrics

_log = get_logger(__name__)


class Marker:
    """The marks of the partitions that this process seals.

    A mark never moves back: whoever takes a partition over reads it from behind what is sealed, which may be long
    before the newest mark, and a lost tail between the two would go unnoticed.
    """

    def __init__(self, bus: Bus, marks: Marks, clock: Clock, metrics: Metrics) -> None:
        """Keep these."""
        self._bus, self._marks, self._clock, self._metrics = bus, marks, clock, metrics

    async def examine(self, held: Mapping[TopicPartition, Filling]) -> None:
        """Compare partitions that came with what was noted of them.

        Raises:
            StoreUnreachable, StoreRefused, BrokerUnreachable: it isn't known yet; until then nothing is noted of them.
        """
        new = [tp for tp, filling in held.items() if not filling.examined]
        if not new:
            return
        noted = await asyncio.gather(*(self._marks.newest(tp.partition) for tp in new))
        marks = {tp: mark for tp, mark in zip(new, noted, strict=True) if mark is not None}
        lost = await contradictions(self._bus, marks)
        for tp in new:
            filling, mark, reason = held[tp], marks.get(tp), lost.get(tp)
            filling.examined = True
            if mark is not None:
                filling.incarnation = max(filling.incarnation, mark.incarnation)
                filling.marked = mark.offset if reason is None else -1
            if reason is not None:
                filling.contradicted = True
                self._metrics.count(m.LOST_TAILS, service="archivist")
                _log.error("a journal has lost its newest records", partition=tp.partition, reason=reason)

    async def note(self, held: Mapping[TopicPartition, Filling]) -> None:
        """Note how far each partition was read; one whose mark is contradicted, when a worker has seen that."""
        for tp, filling in list(held.items()):
            newest = filling.newest
            if newest is None or newest.offset <= filling.marked or not filling.examined:
                continue
            try:
                if filling.contradicted and not await self._forgotten(tp.partition):
                    continue
                filling.contradicted = False
                await self._marks.put(
                    tp.partition,
                    Mark(
                        self._clock.now_ns(),
                        newest.offset,
                        digest_of_value(newest.value),
                        filling.incarnation,
                    ),
                )
            except TwinError as error:
                _log.warning("no mark was noted", partition=tp.partition, reason=str(error))
                return
            filling.marked = newest.offset

    async def _forgotten(self, partition: int) -> bool:
        mark = await self._marks.newest(partition)
        return mark is None or mark.offset == NOWHERE
