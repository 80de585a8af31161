"""Writes outward: public predictions and status. What can't be written there is dropped and said, never
waited for.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final

from sync_engine.adapters.outages import Outages
from sync_engine.domain.publication import Identity
from twin_common import metrics_table as m
from twin_common.bus.api import Bus, Producer, Reader, StillMeant
from twin_common.bus.types import Headers, RecordPosition, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable, TopicMissing, TwinError
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_schemas import catalogue, codec
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record
from twin_schemas.records import (
    AuditRecord,
    CommandApplied,
    CommandRefused,
    SyncStatus,
    TwinPrediction,
)

_ASK_AGAIN_NS: Final = 5_000_000_000
_GATHER_MS: Final = 20
"""The physical side hears by MQTT at once; whoever reads along on Kafka can wait a little."""
_TRIES_S: Final = (0.5, 1.5, 3.0, 10.0)
"""Looking takes a tenth of a second. Once in ten hand-overs a twin's topic is deleted just then, which nobody tells who
waits for its record: the first look is short, as its neighbours are silent for so long.
"""
_log = get_logger(__name__)


class KafkaPublic:
    """`sync_engine.domain.ports.Public` on the bus."""

    def __init__(
        self,
        bus: Bus,
        prefix: str,
        clock: Clock,
        metrics: Metrics,
        *,
        is_meant: StillMeant = lambda name, since_ns: True,
        on_answer: Callable[[], None] = lambda: None,
        answer_ms: int | None = None,
    ) -> None:
        """Begin unopened.

        Args:
            bus: opens clients.
            prefix: begins every topic's name.
            clock: for how long a topic is taken for missing.
            metrics: where it is counted what was lost.
            is_meant: whether predictions of a twin, by its name, that wait since a monotonic time (ns) are still to be
                said: somebody else may have said them.
            on_answer: called whenever a broker has taken a prediction or a status.
            answer_ms: a prediction that a broker hasn't taken within so long isn't on its way any more.
        """
        self._bus, self._prefix, self._clock, self._metrics = bus, prefix, clock, metrics
        self._is_meant, self._answer_ms = is_meant, answer_ms
        self._producer: Producer | None = None
        self._predictions: Producer | None = None
        self._missing_until: dict[str, int] = {}
        self._under_way, self._none_under_way = 0, asyncio.Event()
        self._none_under_way.set()
        self._outages = Outages(metrics, on_answer)

    async def open(self) -> None:
        """Open the producers: answers and audit records are said in any case."""
        self._producer = await self._bus.producer()
        self._predictions = await self._bus.producer(
            gather_ms=_GATHER_MS, still_meant=self._still_meant, answer_ms=self._answer_ms
        )

    def _still_meant(self, topic: str, since_ns: int) -> bool:
        return self._is_meant(topic.removeprefix(f"{self._prefix}."), since_ns)

    async def close(self) -> None:
        """Write what was posted, then release the producers."""
        async with AsyncExitStack() as both:
            for producer in (self._producer, self._predictions):
                if producer is not None:
                    both.push_async_callback(producer.close)

    async def newest(self, names: Mapping[str, str]) -> dict[str, tuple[Identity, int]]:
        """Identity of the newest public prediction and the time (ms) when it was due, by twin id; none: there is no
        such record.

        The topic of a twin that is being deleted may go while it is read: its record would be waited for without end.

        Raises:
            BrokerUnreachable: they can't be read.
        """
        for longest_s in _TRIES_S:
            with suppress(TimeoutError, TopicMissing):
                async with asyncio.timeout(longest_s):
                    return await self._newest(names)
        raise BrokerUnreachable(f"the newest public predictions of {', '.join(names.values())} can't be read")

    async def settled(self) -> None:
        """Wait until what is on its way to brokers has arrived or is given up, as long as they may take."""
        with suppress(TimeoutError, TwinError):
            async with asyncio.timeout((self._answer_ms or 0) / 1000):
                if self._predictions is not None:
                    await self._none_under_way.wait()  # one that waits for its topic isn't the producer's yet
                    await self._predictions.flush()

    async def _newest(self, names: Mapping[str, str]) -> dict[str, tuple[Identity, int]]:
        found: dict[str, tuple[Identity, int]] = {}
        if not names:
            return found
        async with await self._bus.reader() as reader:
            twins = {tp: twin for twin, name in names.items() for tp in await self._partition(reader, name)}
            ends, firsts = await reader.end_offsets(twins), await reader.beginning_offsets(twins)
            last = {tp: ends[tp] - 1 for tp in twins if ends[tp] > firsts[tp]}
            if not last:
                return found
            await reader.read_from(last)
            async for record in reader.read_to_end(*last):
                if (prediction := _prediction(record.value)) is not None:
                    identity = (prediction.incarnation, prediction.offset)
                    # where much is caught up with, or the broker was away, it was public long after it was due
                    due_ms = record.timestamp_ms - max(0, prediction.latency_ns) // 1_000_000
                    due_ms = min(due_ms, prediction.time_ns // 1_000_000)
                    found[twins[record.tp]] = (identity, due_ms)
        return found

    async def _partition(self, reader: Reader, name: str) -> tuple[TopicPartition, ...]:
        try:
            return (await reader.partitions(f"{self._prefix}.{name}"))[:1]
        except TopicMissing:
            return ()

    async def prediction(self, prediction: TwinPrediction, trace: str | None = None) -> str | None:
        """Publish a prediction on its twin's topic, with the trace context that led to it."""
        topic = f"{self._prefix}.{prediction.name}"
        headers = (("traceparent", trace.encode()),) if trace is not None else ()
        self._under_way += 1
        self._none_under_way.clear()
        try:
            return await self._watched(
                self._predictions,
                "prediction",
                topic,
                prediction.twin.encode(),
                prediction,
                partition=0,
                headers=headers,
            )
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._none_under_way.set()

    async def status(self, status: SyncStatus) -> str | None:
        """Hand a status over."""
        topic = catalogue.topic("twin.status").physical(self._prefix)
        return await self._watched(self._producer, "status", topic, f"{status.twin}/sync".encode(), status)

    async def forget(self, twin: str) -> str | None:
        """Remove what is reported of a twin that is gone."""
        topic = catalogue.topic("twin.status").physical(self._prefix)
        return await self._post(self._producer, topic, f"{twin}/sync".encode(), None)

    async def answer(
        self, event: CommandApplied | CommandRefused, headers: Sequence[tuple[str, bytes]]
    ) -> str | None:
        """Tell the sender of a command what became of it; returns when that is acknowledged."""
        assert self._producer is not None
        topic = catalogue.topic("control.events").physical(self._prefix)
        try:
            await self._producer.send(
                topic, value=codec.encode(event), key=event.twin.encode(), headers=tuple(headers)
            )
        except TwinError:
            return "bus_refused"
        return None

    async def audit(self, record: AuditRecord) -> str | None:
        """Write down a decision. One that the broker doesn't acknowledge later is counted and logged like one that
        can't be handed over.
        """

        def settled(posted: asyncio.Future[RecordPosition]) -> None:
            if posted.cancelled() or posted.exception() is not None:
                self._lose(record, "not_acknowledged")

        topic = catalogue.topic("audit.log").physical(self._prefix)
        failure = await self._post(self._producer, topic, record.org.encode(), record, settled=settled)
        if failure is not None:
            self._lose(record, failure)
        return failure

    def _lose(self, record: AuditRecord, reason: str) -> None:
        self._metrics.count(m.AUDIT_LOST, reason=reason)
        _log.error("no audit record was written", reason=reason, **record.to_avro())

    async def _watched(
        self,
        producer: Producer | None,
        kind: str,
        topic: str,
        key: bytes,
        record: Record,
        partition: int | None = None,
        headers: Headers = (),
    ) -> str | None:
        """Post a record of which it is counted, and said, that it was lost."""
        failure = await self._post(
            producer, topic, key, record, partition, headers, partial(self._outages.settled, kind, topic)
        )
        if failure is not None:
            self._outages.lose(kind, topic, failure)
        return failure

    async def _post(
        self,
        producer: Producer | None,
        topic: str,
        key: bytes,
        record: Record | None,
        partition: int | None = None,
        headers: Headers = (),
        settled: Callable[[asyncio.Future[RecordPosition]], None] | None = None,
    ) -> str | None:
        if self._missing_until and self._clock.monotonic_ns() < self._missing_until.get(topic, 0):
            return "topic_missing"
        assert producer is not None
        try:
            value = codec.encode(record) if record is not None else None
            posted = await producer.post(topic, value=value, key=key, partition=partition, headers=headers)
        except TopicMissing:  # asking takes the broker's time: not for every record
            self._miss(topic)
            return "topic_missing"
        except TwinError:
            return "bus_refused"
        if settled is not None:
            posted.add_done_callback(settled)
        return None

    def _miss(self, topic: str) -> None:
        """Ask for a topic only later. Those for which it is time are forgotten: most will never be asked for again."""
        now_ns, missing = self._clock.monotonic_ns(), self._missing_until
        missing.pop(topic, None)
        while missing and missing[oldest := next(iter(missing))] <= now_ns:
            del missing[oldest]
        missing[topic] = now_ns + _ASK_AGAIN_NS


def _prediction(value: bytes | None) -> TwinPrediction | None:
    try:
        prediction = codec.decode(value or b"")
    except SchemaError:
        return None
    return prediction if isinstance(prediction, TwinPrediction) else None
