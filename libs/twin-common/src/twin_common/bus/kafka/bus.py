"""Opens clients on Kafka."""

from __future__ import annotations

import logging

from twin_common.bus.api import SendFailure, StillMeant
from twin_common.bus.kafka.admin import KafkaAdmin
from twin_common.bus.kafka.consumer import KafkaConsumer
from twin_common.bus.kafka.producer import KafkaProducer
from twin_common.bus.kafka.reader import KafkaReader
from twin_common.bus.types import Subscription
from twin_common.settings.standard import Stream

_log = logging.getLogger(__name__)


class KafkaBus:
    """`twin_common.bus.api.Bus` on Apache Kafka.

    Holds no connection itself: every client has its own.
    """

    def __init__(self, stream: Stream, *, client_id: str = "hanzo-twin") -> None:
        self._stream = stream
        self._client_id = client_id
        self._minimum_session_ms: int | None = None

    async def producer(
        self,
        *,
        on_failure: SendFailure | None = None,
        gather_ms: int = 0,
        unbroken: bool = False,
        still_meant: StillMeant | None = None,
        answer_ms: int | None = None,
    ) -> KafkaProducer:
        """A producer."""
        producer = KafkaProducer(
            self._stream, self._client_id, on_failure, gather_ms, unbroken, still_meant, answer_ms
        )
        await producer.start()
        return producer

    async def consumer(self, subscription: Subscription) -> KafkaConsumer:
        """A group member, with the broker's minimum session time-out when the wanted one is shorter."""
        session_ms = max(subscription.session_timeout_ms, await self._shortest_session_ms())
        if session_ms > subscription.session_timeout_ms:
            _log.warning(
                "group %s: the broker's minimum session time-out of %d ms is used instead of %d ms; a dead "
                "member is replaced later",
                subscription.group,
                session_ms,
                subscription.session_timeout_ms,
            )
        consumer = KafkaConsumer(self._stream, subscription, self._client_id, session_ms)
        await consumer.start()
        return consumer

    async def reader(self, *, gather_ms: int = 0) -> KafkaReader:
        """A reader."""
        reader = KafkaReader(self._stream, self._client_id, gather_ms)
        await reader.start()
        return reader

    async def admin(self) -> KafkaAdmin:
        """An administrator."""
        admin = KafkaAdmin(self._stream, self._client_id)
        await admin.start()
        return admin

    async def _shortest_session_ms(self) -> int:
        if self._minimum_session_ms is None:
            async with await self.admin() as admin:
                self._minimum_session_ms = await admin.minimum_session_ms()
        return self._minimum_session_ms
