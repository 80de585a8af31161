"""Writing to Kafka."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer.transaction_manager import NO_PRODUCER_EPOCH, NO_PRODUCER_ID, PidAndEpoch

from twin_common.bus.api import SendFailure, StillMeant
from twin_common.bus.client import ClosingClient
from twin_common.bus.kafka.connection import options, start
from twin_common.bus.kafka.faults import send_error, translated
from twin_common.bus.kafka.sender import PacedSender
from twin_common.bus.partition import partition_of
from twin_common.bus.types import Headers, RecordPosition
from twin_common.errors import BusError, SendFailed, TopicMissing, TwinError
from twin_common.settings.standard import Stream

_METADATA_TRIES = 10
_METADATA_PAUSE_S = 0.1


class KafkaProducer(ClosingClient):
    """`twin_common.bus.api.Producer` on Kafka: acks=all, idempotent. Opened by `KafkaBus`."""

    def __init__(
        self,
        stream: Stream,
        client_id: str,
        on_failure: SendFailure | None,
        gather_ms: int = 0,
        unbroken: bool = False,
        still_meant: StillMeant | None = None,
        answer_ms: int | None = None,
    ) -> None:
        self._stream = stream
        self._broken: set[tuple[str, int]] | None = set() if unbroken else None
        self._kafka: Any = AIOKafkaProducer(
            **options(stream, client_id),
            acks="all",
            enable_idempotence=True,
            max_batch_size=131_072,
            max_request_size=8_388_608,
        )
        if answer_ms is not None:  # its own option would hold for what waits here, too
            self._kafka.client._request_timeout_ms = answer_ms  # noqa: SLF001
        self._kafka._sender = PacedSender(  # noqa: SLF001
            self._kafka, gather_ms / 1000, still_meant, stream.request_timeout_ms
        )
        self._on_failure = on_failure
        self._first_failure: TwinError | None = None
        self._partitions: dict[str, int] = {}
        self._turn = itertools.count()
        self._closed = False

    async def start(self) -> None:
        """Connect."""
        await start(self._kafka, self._kafka.stop(), self._stream)

    async def send(
        self,
        topic: str,
        *,
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
    ) -> RecordPosition:
        """Write one record and wait for its acknowledgement."""
        partition = await self._choose(topic, key, value, partition)
        try:
            pending = await self._enqueue(topic, value, key, partition, headers)
        except Exception as error:
            raise send_error(error, topic, partition, self._stream.brokers) from error
        pending.add_done_callback(partial(self._lost, topic, partition))
        try:
            # Shielded: aiokafka's future belongs to a whole batch's delivery, not to this caller's
            # cancellation.
            done = await asyncio.shield(pending)
        except Exception as error:
            raise send_error(error, topic, partition, self._stream.brokers) from error
        return RecordPosition(topic, partition, done.offset)

    async def post(
        self,
        topic: str,
        *,
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
    ) -> asyncio.Future[RecordPosition]:
        """Hand one record over; the future resolves with its acknowledgement."""
        partition = await self._choose(topic, key, value, partition)
        try:
            pending = await self._enqueue(topic, value, key, partition, headers)
        except Exception as error:
            raise send_error(error, topic, partition, self._stream.brokers) from error
        result: asyncio.Future[RecordPosition] = asyncio.get_running_loop().create_future()

        def settle(done: asyncio.Future[Any]) -> None:
            error = asyncio.CancelledError() if done.cancelled() else done.exception()
            if error is None:
                if not result.cancelled():
                    result.set_result(RecordPosition(topic, partition, done.result().offset))
                return
            self._renew(topic, partition)
            self._failed(send_error(error, topic, partition, self._stream.brokers), result)

        pending.add_done_callback(settle)
        return result

    def _lost(self, topic: str, partition: int, done: asyncio.Future[Any]) -> None:
        """Whether or not anybody still waits for a record, what follows has to get through."""
        if done.cancelled() or done.exception() is not None:
            self._renew(topic, partition)

    def _renew(self, topic: str, partition: int) -> None:
        """A record was refused, so its number is missing, and brokers would take nothing more of this producer there:
        go on under a new identity, or not at all.
        """
        if self._broken is not None:
            self._broken.add((topic, partition))
            return
        identity = self._kafka._txn_manager  # noqa: SLF001 (it has no method for it)
        if identity.has_pid():  # else a new one is on its way
            # The sender asks for another before it sends what it hasn't numbered yet. What it has keeps the old one.
            identity._pid_and_epoch = PidAndEpoch(NO_PRODUCER_ID, NO_PRODUCER_EPOCH)  # noqa: SLF001
            identity._pid_waiter = asyncio.get_running_loop().create_future()  # noqa: SLF001
            identity._sequence_numbers.clear()  # noqa: SLF001

    def _failed(self, failure: TwinError, result: asyncio.Future[RecordPosition]) -> None:
        self._first_failure = self._first_failure or failure
        if not result.cancelled():
            result.set_exception(failure)
            result.exception()  # marked as seen: who dropped the future hears of it from `flush`
        if self._on_failure is not None:
            self._on_failure(failure)

    async def _enqueue(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, headers: Headers
    ) -> asyncio.Future[Any]:
        pending: asyncio.Future[Any] = await self._kafka.send(
            topic, value, key, partition, headers=list(headers) if headers else None
        )
        return pending

    async def _choose(self, topic: str, key: bytes | None, value: bytes | None, partition: int | None) -> int:
        if value is None and key is None:
            raise ValueError("a tombstone needs a key")
        if self._closed:
            raise BusError(f"the producer is closed; nothing more can be written to {topic}")
        count = self._partitions.get(topic)
        if count is None or (partition is not None and partition >= count):
            count = await self._count(topic)
        if partition is None:
            return partition_of(key, count) if key is not None else next(self._turn) % count
        if self._broken and (topic, partition) in self._broken:
            raise SendFailed(f"{topic}[{partition}] refused a record: one before it wasn't taken")
        if not 0 <= partition < count:
            raise TopicMissing(f"{topic} has partitions 0 to {count - 1}, no partition {partition}")
        return partition

    async def _count(self, topic: str) -> int:
        """Ask the brokers how many partitions a topic has; a topic made a moment ago may take a few tries."""
        client = self._kafka.client
        with translated(f"writing to {topic}", self._stream.brokers):
            await client.add_topic(topic)
            for attempt in range(_METADATA_TRIES):
                found = client.cluster.partitions_for_topic(topic)
                if found:
                    self._partitions[topic] = len(found)
                    return len(found)
                if attempt:
                    await asyncio.sleep(_METADATA_PAUSE_S)
                await client.force_metadata_update()
        raise TopicMissing(f"there is no topic {topic}; create the topics with `hanzo-twin dev up`")

    async def flush(self) -> None:
        """Wait until everything posted is acknowledged; raises the first failure since the last flush."""
        with translated("flushing", self._stream.brokers):
            await self._kafka.flush()
        await asyncio.sleep(0)  # let the futures' callbacks run, which note the failures
        failure, self._first_failure = self._first_failure, None
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """Flush, then disconnect."""
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(self._stream.request_timeout_ms / 1000 + 5):
                await self.flush()
        finally:
            await self._kafka.stop()
