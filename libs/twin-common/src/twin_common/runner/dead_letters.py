"""Records that can't be handled, kept with their origin so that they can be looked at and driven again."""

from __future__ import annotations

from twin_common.bus.api import Producer
from twin_common.bus.envelope import Envelope, without_token
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import EnvelopeError
from twin_schemas.codec import encode, schema_id
from twin_schemas.errors import CorruptRecord
from twin_schemas.records import DeadLetter

_MAX_MESSAGE_CHARS = 4000


class DeadLetterBox:
    """Writes `DeadLetter` records.

    Args:
        producer: writes them.
        topic: physical name of the dead letter topic.
        service: who gives up.
        clock: stamps them.
    """

    def __init__(self, producer: Producer, topic: str, service: str, clock: Clock) -> None:
        self._producer = producer
        self._topic = topic
        self._service = service
        self._clock = clock

    async def put(self, record: Record, code: str, message: str, attempts: int) -> None:
        """Keep a record that can't be handled; returns once it is durable. The caller's token is left out."""
        letter = DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            schema_id=_schema_id(record.value),
            code=code,
            message=message[:_MAX_MESSAGE_CHARS],
            service=self._service,
            attempts=attempts,
            key=record.key,
            value=record.value,
            # Of headers with the same name the first counts, as everywhere.
            headers=dict(reversed(without_token(record.headers))),
            at_ns=self._clock.now_ns(),
            org=_organisation(record),
        )
        await self._producer.send(self._topic, key=record.topic.encode(), value=encode(letter))


def _schema_id(value: bytes | None) -> int | None:
    try:
        return None if value is None else schema_id(value)
    except CorruptRecord:
        return None


def _organisation(record: Record) -> str | None:
    """On whose behalf the record says it was written: who may look at its letter."""
    try:
        return Envelope.parse(record.headers).org
    except EnvelopeError:
        return None
