"""Whole records of a command topic, headers and all: from what the Kafka client hands over to a handler or a letter."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from aiokafka.structs import ConsumerRecord
from aiokafka.structs import TopicPartition as KafkaPartition

from fuzzing.mutate import mutated
from fuzzing.refusal import Refusal
from fuzzing.target import ACCEPTED
from fuzzing.targets.surroundings import PREFIX, a_bus, metrics
from twin_common.bus.envelope import Envelope
from twin_common.bus.kafka.records import to_records
from twin_common.bus.types import Record
from twin_common.clock import SystemClock
from twin_common.runner import Message, Retries
from twin_common.runner.dead_letters import DeadLetterBox
from twin_common.runner.delivery import Delivery
from twin_common.runner.inbox import MemoryInbox
from twin_common.runner.policy import DeadLetterLimit, DeadLetterMeter
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import DeadLetter, StartTwin

_COMMANDS, _LETTERS = topic("control.commands").physical(PREFIX), topic("dead.letter").physical(PREFIX)
_ANSWER_BYTES = 16_384
"""What is said because of a record repeats its headers, and has to stay small."""
_LONGEST = b"x" * 60_000
_HOSTILE = (
    None,
    b"",
    b"\xff\xfe",
    b"\0",
    b"0" * 5000,
    _LONGEST,
    b"-1",
    b"1" * 400,
    "\u202e".encode(),
    b"Bearer ",
)


@dataclass(frozen=True, slots=True)
class _Raw:
    """A record as bytes: a line for each header, an empty one, the value. A header without `=` has no value."""

    headers: list[tuple[str, bytes | None]]
    value: bytes

    def encode(self) -> bytes:
        lines = [
            name.encode() if value is None else name.encode() + b"=" + value.replace(b"\n", b"\r")
            for name, value in self.headers
        ]
        return b"\n".join(lines) + b"\n\n" + self.value

    @classmethod
    def decode(cls, data: bytes) -> _Raw:
        head, _, value = data.partition(b"\n\n")
        cut = [line.partition(b"=") for line in head.split(b"\n")]
        return cls(
            [(name.decode(errors="replace"), text if is_there else None) for name, is_there, text in cut],
            value,
        )


class Commands:
    """What the runner does with them before a handler sees them."""

    name = "commands"
    per_process = 100_000
    contained = False
    watched = ("twin_common/runner", "twin_common/bus/envelope", "twin_common/bus/kafka/records")
    words = (
        b"ce_id",
        b"ce_time=",
        b"ce_org",
        b"traceparent=",
        b"tracestate=",
        b"authorization=Bearer ",
        b"ce_replyto=",
        b"\n",
    )

    def seeds(self) -> list[bytes]:
        envelope = Envelope.new(
            type="StartTwin",
            source="fuzz",
            org="local",
            token="t",
            traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
        )
        headers = [*envelope.headers(), ("tracestate", b"a=b"), ("ce_replyto", b"3"), ("x", None)]
        return [_Raw(list(headers), codec.encode(StartTwin("arm"))).encode()]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """Some headers hostile, gone, doubled or in another order."""
        raw = _Raw.decode(seed)
        headers = list(raw.headers)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(headers))
            name = headers[at][0]
            match rng.randrange(4):
                case 0:
                    headers[at] = (name, rng.choice(_HOSTILE))
                case 1:
                    headers[at] = (name, mutated(rng, headers[at][1] or b"", (), self.words))
                case 2:
                    headers.insert(at, (name, rng.choice(_HOSTILE)))
                case _ if len(headers) > 1:
                    del headers[at]
        if rng.random() < 0.3:
            rng.shuffle(headers)
        value = mutated(rng, raw.value, (), ()) if rng.random() < 0.2 else raw.value
        return _Raw(headers, value).encode()

    def run(self, data: bytes) -> str:
        try:
            asyncio.run(_deliver(_Raw.decode(data)))
        except Refusal as refusal:
            return refusal.code
        return ACCEPTED

    def close(self) -> None: ...


async def _deliver(raw: _Raw) -> None:
    clock, handled, bus = SystemClock(), [], await a_bus("dead.letter")

    async def handle(record: StartTwin, message: Message) -> None:
        said = message.envelope.caused(type="ControlAccepted", source="fuzz").headers()
        assert sum(len(name) + len(text) for name, text in said) <= _ANSWER_BYTES
        handled.append(record)

    async with await bus.producer() as producer:
        dead = DeadLetterBox(producer, _LETTERS, "fuzz", clock)
        delivery = Delivery(
            {StartTwin: handle}, frozenset(), MemoryInbox(), Retries(), dead,
            DeadLetterMeter(DeadLetterLimit(), clock), metrics(), clock,
        )  # fmt: skip
        assert await delivery.deliver(_read(raw), lambda: False)
    letters = [codec.decode(each.value or b"") for each in bus.records(_LETTERS)]
    assert len(letters) + len(handled) == 1
    for letter in letters:
        assert isinstance(letter, DeadLetter)
        assert letter.value == raw.value
        raise Refusal(letter.code)


def _read(raw: _Raw) -> Record:
    place = KafkaPartition(_COMMANDS, 0)
    fetched = ConsumerRecord(
        _COMMANDS, 0, 0, 0, 1, b"k", raw.value, None, 1, len(raw.value), tuple(raw.headers)
    )
    (record,) = to_records({place: [fetched]})
    return record


def target() -> Commands:
    """It."""
    return Commands()
