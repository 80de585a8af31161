"""Records that can't be handled, kept with their origin so that they can be looked at and driven again."""

from __future__ import annotations

from dataclasses import replace

from twin_common.bus.api import Producer
from twin_common.bus.envelope import Envelope, without_token
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import EnvelopeError
from twin_schemas.codec import encode, schema_id
from twin_schemas.errors import CorruptRecord
from twin_schemas.records import DeadLetter

_MAX_MESSAGE_CHARS = 4000
_LARGEST_ID = 2**31 - 1
"""A frame has four bytes for a schema's id; a letter, as registries, has a signed number."""
_MAX_KEPT_BYTES = 1_900_000
"""Of a record: with what a letter says about it, it stays below the limit of the letters' topic."""


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
        """Keep a record that can't be handled; returns once it is durable. The caller's token is left out.

        One that is too large for a letter, as it was compressed, stays where it lies; the letter says so.
        """
        schema, org = _schema_id(record.value), _organisation(record)
        if (size := _size(record)) > _MAX_KEPT_BYTES:
            message = f"{message[: _MAX_MESSAGE_CHARS // 2]} (its {size} bytes are not in this letter)"
            record = replace(record, key=None, value=None, headers=())
        letter = DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            schema_id=schema,
            code=code,
            message=message[:_MAX_MESSAGE_CHARS],
            service=self._service,
            attempts=attempts,
            key=record.key,
            value=record.value,
            # Of headers with the same name the first counts, as everywhere.
            headers=dict(reversed(without_token(record.headers))),
            at_ns=self._clock.now_ns(),
            org=org,
        )
        await self._producer.send(self._topic, key=record.topic.encode(), value=encode(letter))


def _size(record: Record) -> int:
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


def _schema_id(value: bytes | None) -> int | None:
    try:
        known = None if value is None else schema_id(value)
    except CorruptRecord:
        return None
    return known if known is None or known <= _LARGEST_ID else None


def _organisation(record: Record) -> str | None:
    """On whose behalf the record says it was written: who may look at its letter."""
    try:
        return Envelope.parse(record.headers).org
    except EnvelopeError:
        return None
