"""Dead letters on the bus: an index of the newest, their content by offset, and their way back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from api_gateway.adapters.following import Follower
from api_gateway.domain.caller import Caller
from api_gateway.domain.letters import (
    REDRIVABLE,
    SEQUENCED,
    Content,
    Letter,
    LetterBook,
    LetterId,
    Place,
    Redriven,
    Viewer,
)
from api_gateway.errors import Problem
from twin_common.bus.api import Bus, Producer
from twin_common.bus.envelope import TOKEN_HEADER
from twin_common.bus.types import Headers, Record, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable, BusError, OffsetUnavailable
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode, default_codec, encode
from twin_schemas.errors import SchemaError, UnknownSchema
from twin_schemas.records import DeadLetter, DeadLetterRedriven

DEAD_LETTER = "dead.letter"
_KEPT_EACH, _KEPT_ALL = 2_000, 50_000
_READ_S = 5.0
_READERS = 4
# What belongs to the first sending: who waited for its answer, in whose name, and under which trace.
_OF_THE_FIRST = frozenset({TOKEN_HEADER, "ce_actor", "ce_replyto", "traceparent", "tracestate"})


class BusLetters:
    """`Letters` on the bus; `run` has to run beside its use.

    Args:
        bus: read from and written to.
        prefix: begins every physical topic name.
        clock: stamps what is sent again.
        deadline_s: how long a broker may take.
    """

    def __init__(self, bus: Bus, prefix: str, clock: Clock, deadline_s: float) -> None:
        self._bus, self._prefix, self._clock, self._deadline_s = bus, prefix, clock, deadline_s
        self._topic = topic(DEAD_LETTER).physical(prefix)
        self._redrivable = frozenset(topic(name).physical(prefix) for name in REDRIVABLE)
        self._once = topic(SEQUENCED).physical(prefix)
        self._book = LetterBook(_KEPT_EACH, _KEPT_ALL)
        self._producer: Producer | None = None
        self._opening, self._turns = asyncio.Lock(), asyncio.Semaphore(_READERS)
        self.follower = Follower(bus, self.apply, clock)

    async def run(self) -> None:
        """Follow the letters, for ever."""
        try:
            await self.follower.run({self._topic: None})
        finally:
            if self._producer is not None:
                await self._producer.close()

    def apply(self, record: Record) -> None:
        """Take one record; what isn't a letter is passed over."""
        try:
            body = decode(record.value or b"")
        except SchemaError:
            return
        if isinstance(body, DeadLetter):
            self._book.add(_summary(LetterId(record.partition, record.offset), body))
        elif isinstance(body, DeadLetterRedriven):
            self._book.redriven(LetterId(body.partition, body.offset), Redriven(body.actor, body.at_ns))

    def page(
        self, viewer: Viewer, topic: str | None, before: LetterId | None, limit: int
    ) -> Sequence[Letter]:
        """Up to `limit` letters, the newest first."""
        self._require_read()
        topics = frozenset() if topic is None else frozenset({topic, f"{self._prefix}.{topic}"})
        return self._book.page(viewer, topics, before, limit)

    async def find(self, viewer: Viewer, id: LetterId) -> Letter | None:  # noqa: A002 (it is the letter's id)
        """A letter, unless there is none."""
        self._require_read()
        known = self._book.find(viewer, id)
        if known is not None:
            return known
        kept = await self._kept(id)
        letter = None if kept is None else _summary(id, kept)
        return letter if letter is not None and viewer.sees(letter) else None

    async def content(self, letter: Letter) -> Content | None:
        """What it keeps."""
        kept = await self._kept(letter.id)
        return None if kept is None else Content(kept.key, kept.value, kept.headers)

    async def _kept(self, id: LetterId) -> DeadLetter | None:  # noqa: A002 (it is the letter's id)
        """The record at an offset, when it is there and a letter."""
        if id.partition >= topic(DEAD_LETTER).partitions:
            return None
        tp = TopicPartition(self._topic, id.partition)
        try:
            async with asyncio.timeout(_READ_S), self._turns, await self._bus.reader() as reader:
                await reader.assign(tp)
                if id.offset >= (await reader.end_offsets([tp]))[tp]:
                    return None
                await reader.seek(tp, id.offset)
                found: list[Record] = []
                while not found and await reader.position(tp) <= id.offset:
                    found = await reader.poll(1)
        except OffsetUnavailable:
            return None
        except (BrokerUnreachable, TimeoutError):
            raise _away("nothing was done") from None
        try:
            body = decode(found[0].value or b"") if found and found[0].offset == id.offset else None
        except SchemaError:
            return None
        return body if isinstance(body, DeadLetter) else None

    async def redrive(self, caller: Caller, letter: Letter, content: Content) -> Place:
        """Send the record to its origin again, then note that."""
        origin = letter.origin
        if origin.topic not in self._redrivable:
            raise Problem(
                "not_redrivable",
                f"records of {origin.topic} aren't sent again",
                remedy=f"Only commands are: {', '.join(REDRIVABLE)}",
                status=409,
            )
        if content.value is None:
            raise Problem(
                "not_redrivable",
                "the letter has no value, so there is no command to send again",
                remedy="Send the command that was meant",
                status=409,
            )
        once = origin.topic == self._once
        if once and (letter.redriven or not self._book.knows(letter.id)):
            raise Problem(
                "redriven_before",
                "the command was sent again before, or may have been, and its twin remembers only the newest commands",
                remedy="If it was refused again, send that letter again; else send a command anew",
                status=409,
            )
        note = DeadLetterRedriven(
            partition=letter.id.partition,
            offset=letter.id.offset,
            org=caller.org,
            actor=caller.principal.actor,
            at_ns=self._clock.now_ns(),
        )
        uncertain = "the record may be sent or not; sent twice, it has its effect once"
        if once:
            uncertain = "the record may be sent or not; see what its twin did before you send a command anew"
        try:
            async with asyncio.timeout(self._deadline_s):
                producer = await self._open()
                if once:  # noted first: it may rather not be sent than sent twice
                    await producer.send(self._topic, key=origin.topic.encode(), value=encode(note))
                sent = await producer.send(
                    origin.topic,
                    key=content.key,
                    value=content.value,
                    partition=origin.partition,
                    headers=_headers(content, caller),
                )
                if not once:
                    await producer.send(self._topic, key=origin.topic.encode(), value=encode(note))
        except (BrokerUnreachable, BusError, TimeoutError):
            raise _away(uncertain) from None
        return Place(*sent)

    def _require_read(self) -> None:
        if not self.follower.caught_up.is_set():
            raise _away("the dead letters aren't read yet")

    async def _open(self) -> Producer:
        async with self._opening:
            if self._producer is None:
                self._producer = await self._bus.producer()
            return self._producer


def _headers(content: Content, caller: Caller) -> Headers:
    """The original headers, its id among them, in the name of who sends it now."""
    kept = [(name, value) for name, value in content.headers.items() if name.lower() not in _OF_THE_FIRST]
    now = {
        "ce_actor": caller.principal.actor,
        "traceparent": caller.traceparent,
        TOKEN_HEADER: None if caller.token is None else f"Bearer {caller.token}",
    }
    return (*kept, *((name, text.encode()) for name, text in now.items() if text is not None))


def _summary(id: LetterId, letter: DeadLetter) -> Letter:  # noqa: A002 (it is the letter's id)
    return Letter(
        id=id,
        org=letter.org,
        origin=Place(letter.topic, letter.partition, letter.offset),
        type=_type(letter.schema_id),
        schema_id=letter.schema_id,
        code=letter.code,
        message=letter.message,
        service=letter.service,
        attempts=letter.attempts,
        at_ns=letter.at_ns,
    )


def _type(schema_id: int | None) -> str | None:
    try:
        return None if schema_id is None else default_codec().release(schema_id).type
    except UnknownSchema:
        return None


def _away(what: str) -> Problem:
    return Problem("unavailable", what, headers={"Retry-After": "1"})
