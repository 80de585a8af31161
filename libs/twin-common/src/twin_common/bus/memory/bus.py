"""Opens clients in memory."""

from __future__ import annotations

from twin_common.bus.api import SendFailure, StillMeant
from twin_common.bus.memory.admin import MemoryAdmin
from twin_common.bus.memory.broker import Broker
from twin_common.bus.memory.consumer import MemoryConsumer
from twin_common.bus.memory.producer import MemoryProducer
from twin_common.bus.memory.reader import MemoryReader
from twin_common.bus.types import Record, Subscription, TopicPartition
from twin_common.clock import Clock, SystemClock


class MemoryBus:
    """`twin_common.bus.api.Bus` inside this process, plus what only a test may do to a broker.

    Args:
        clock: gives record times and ends the sessions of departed static members; the host's when None.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._broker = Broker(clock or SystemClock())

    async def producer(
        self,
        *,
        on_failure: SendFailure | None = None,
        gather_ms: int = 0,
        unbroken: bool = False,
        still_meant: StillMeant | None = None,
        answer_ms: int | None = None,
    ) -> MemoryProducer:
        """A producer; here nothing gains by waiting, and so nothing gets stale."""
        return MemoryProducer(self._broker, on_failure, unbroken)

    async def consumer(self, subscription: Subscription) -> MemoryConsumer:
        """A group member."""
        return MemoryConsumer(self._broker, subscription)

    async def reader(self, *, gather_ms: int = 0) -> MemoryReader:
        """A reader; here nothing gains by waiting."""
        return MemoryReader(self._broker)

    async def admin(self) -> MemoryAdmin:
        """An administrator."""
        return MemoryAdmin(self._broker)

    def records(self, topic: str, partition: int | None = None) -> list[Record]:
        """Everything that a topic, or one partition of it, holds now, partition by partition."""
        logs = self._broker.topic(topic).logs
        return [
            record
            for number, log in enumerate(logs)
            if partition in (None, number)
            for record in log.read(log.start, max(1, log.end))[0]
        ]

    def compact(self, topic: str, *, drop_tombstones: bool = False) -> None:
        """Keep only the newest record of each key, as the broker's cleaner does some time."""
        for log in self._broker.topic(topic).logs:
            log.compact(drop_tombstones)

    def trim(self, tp: TopicPartition, before: int) -> None:
        """Forget the records below an offset, as retention does some time."""
        self._broker.log(tp).trim(before)

    def rewind(self, tp: TopicPartition, end: int) -> None:
        """Forget the records from an offset on, as a broker whose folder is set back does."""
        self._broker.log(tp).rewind(end)
