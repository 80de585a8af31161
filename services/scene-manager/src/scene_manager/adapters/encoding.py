"""From effects to what the outbox keeps: bytes, headers and identity, fixed once."""

from __future__ import annotations

from scene_manager.domain.cause import Cause
from scene_manager.domain.effects import BlobUnwanted, Effect, Fact, TopicUnwanted, TopicWanted
from scene_manager.domain.outbox import Draft, Kind
from twin_common.bus.envelope import Envelope
from twin_common.clock import Clock
from twin_common.ids import uuid7
from twin_schemas.codec import encode
from twin_schemas.record import Record

SOURCE = "scene-manager"
EVENTS = "control.events"


class Encoder:
    """Encodes effects; see `scene_manager.domain.ports.Encode`.

    Args:
        clock: stamps the envelopes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, effect: Effect, cause: Cause, answers: str | None) -> Draft:
        """An effect as it will be repeated, however often.

        Raises:
            EncodeError: a value doesn't fit the record's schema.
        """
        if isinstance(effect, TopicWanted):
            return Draft(effect.lane, Kind.CREATE_TOPIC, effect.name)
        if isinstance(effect, TopicUnwanted):
            return Draft(effect.lane, Kind.REMOVE_TOPIC, effect.name)
        if isinstance(effect, BlobUnwanted):
            return Draft(effect.lane, Kind.REMOVE_BLOB, effect.digest)
        if isinstance(effect, Fact):
            subject, key, record = EVENTS, effect.lane, effect.record
        elif effect.value is not None:
            subject, key, record = effect.topic, effect.key, effect.value
        else:
            return Draft(effect.lane, Kind.PUBLISH, effect.topic, effect.key)
        headers = self._headers(record, effect.lane, cause)
        return Draft(effect.lane, Kind.PUBLISH, subject, key, encode(record), headers, answers)

    def _headers(self, record: Record, about: str, cause: Cause) -> tuple[tuple[str, str], ...]:
        now_ns = self._clock.now_ns()
        identity = uuid7(now_ns)
        envelope = Envelope(
            id=identity,
            type=type(record).__name__,
            source=SOURCE,
            time_ns=now_ns,
            org=cause.org,
            correlation_id=cause.correlation_id or identity,
            subject=about,
            actor=cause.actor or None,
            causation_id=cause.causation_id,
            traceparent=cause.traceparent,
            tracestate=cause.tracestate,
        )
        return tuple((name, value.decode()) for name, value in envelope.headers())
