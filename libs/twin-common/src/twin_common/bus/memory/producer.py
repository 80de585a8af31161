"""Writing to the memory bus."""

from __future__ import annotations

import asyncio
import itertools

from twin_common.bus.api import SendFailure
from twin_common.bus.client import ClosingClient
from twin_common.bus.memory.broker import Broker
from twin_common.bus.partition import partition_of
from twin_common.bus.types import Headers, RecordPosition, TopicPartition
from twin_common.errors import BusError, SendFailed


class MemoryProducer(ClosingClient):
    """`twin_common.bus.api.Producer` in memory: a record is readable as soon as it is posted."""

    def __init__(self, broker: Broker, on_failure: SendFailure | None, unbroken: bool = False) -> None:
        self._broker = broker
        self._broken: set[TopicPartition] | None = set() if unbroken else None
        self._on_failure = on_failure
        self._first_failure: SendFailed | None = None
        self._turn = itertools.count()
        self._closed = False

    async def send(
        self,
        topic: str,
        *,
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
    ) -> RecordPosition:
        """Write one record."""
        position = self._append(topic, value, key, partition, headers)
        await asyncio.sleep(0)  # an acknowledgement always takes a turn of the loop
        return position

    async def post(
        self,
        topic: str,
        *,
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
    ) -> asyncio.Future[RecordPosition]:
        """Write one record; the future is already resolved."""
        result: asyncio.Future[RecordPosition] = asyncio.get_running_loop().create_future()
        try:
            result.set_result(self._append(topic, value, key, partition, headers))
        except SendFailed as failure:
            self._first_failure = self._first_failure or failure
            result.set_exception(failure)
            result.exception()  # marked as seen: who dropped the future hears of it from `flush`
            if self._on_failure is not None:
                self._on_failure(failure)
        return result

    def _append(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int | None, headers: Headers
    ) -> RecordPosition:
        if self._closed:
            raise BusError(f"the producer is closed; nothing more can be written to {topic}")
        if value is None and key is None:
            raise ValueError("a tombstone needs a key")
        count = len(self._broker.topic(topic).logs)
        if partition is None:
            partition = partition_of(key, count) if key is not None else next(self._turn) % count
        tp = TopicPartition(topic, partition)
        if self._broken is None:
            return self._broker.append(tp, key, value, tuple(headers))
        if tp in self._broken:
            raise SendFailed(f"{topic}[{partition}] refused a record: one before it wasn't taken")
        try:
            return self._broker.append(tp, key, value, tuple(headers))
        except SendFailed:
            self._broken.add(tp)
            raise

    async def flush(self) -> None:
        """Raise the first failure since the last flush."""
        failure, self._first_failure = self._first_failure, None
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """Flush; then nothing more can be written."""
        if not self._closed:
            self._closed = True
            await self.flush()
