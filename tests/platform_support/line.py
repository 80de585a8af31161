"""A line to the bus: send any record as anybody, and hear what its owner answers."""

from __future__ import annotations

import time
import uuid
from typing import Any

from confluent_kafka import OFFSET_END, Consumer, Message, Producer, TopicPartition

from platform_support.running import PREFIX, Platform
from twin_common.bus.envelope import Envelope
from twin_schemas import codec
from twin_schemas.catalogue import topic

HEARD = ("control.events", "bus.replies", "dead.letter")
REPLY_TO = 23
"""A partition of `bus.replies` that no gateway of a test takes."""


class Line:
    """Open it before anything is sent: what comes later is heard."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._producer = Producer({"bootstrap.servers": platform.brokers, "acks": "all"})
        self._consumer = Consumer({"bootstrap.servers": platform.brokers, "group.id": "line"})
        self._heard: dict[str, list[Any]] = {}
        places = [
            TopicPartition(f"{PREFIX}.{name}", number, OFFSET_END)
            for name in HEARD
            for number in range(topic(name).partitions)
        ]
        for place in places:
            place.offset = self._consumer.get_watermark_offsets(place)[1]
        self._consumer.assign(places)

    def close(self) -> None:
        self._consumer.close()

    def send(
        self,
        name: str,
        record: Any,
        *,
        key: str,
        token: str | None,
        org: str = "local",
        partition: int = -1,
        **envelope: Any,
    ) -> str:
        """Publish a record; returns its id."""
        kind = type(record).__name__
        whole = Envelope(
            id=envelope.pop("id", None) or str(uuid.uuid4()),
            type=kind,
            source="line",
            time_ns=time.time_ns(),
            org=org,
            correlation_id=envelope.pop("correlation_id", "line"),
            actor="claimed",
            token=token,
            reply_to=REPLY_TO,
            **envelope,
        )
        self._producer.produce(
            f"{PREFIX}.{name}",
            key=key,
            value=codec.encode(record),
            partition=partition,
            headers=list(whole.headers()),
        )
        assert self._producer.flush(10) == 0
        return whole.id

    def answer(self, *names: str, seconds: float = 20) -> Any:
        """What became of a command: the answer, or the dead letter that it ended as.

        Args:
            names: ids of the record, or of the command in it; the fold answers with that one.
            seconds: to wait.
        """
        deadline = time.monotonic() + seconds
        while True:
            for message in self._consumer.consume(100, timeout=0.05):
                self._keep(message)
            for name in names:
                if name in self._heard:
                    return self._heard[name][0]
            assert time.monotonic() < deadline, f"no answer to {names} within {seconds} s"

    def ask(self, name: str, record: Any, **options: Any) -> Any:
        """Publish a record and wait for what becomes of it."""
        sent = self.send(name, record, **options)
        return self.answer(sent, getattr(record, "command_id", sent))

    def _keep(self, message: Message) -> None:
        if message.error() is not None or message.value() is None:
            return
        record = codec.decode(message.value())
        headers = dict(message.headers() or ())
        about = headers.get("ce_causationid") or getattr(record, "headers", {}).get("ce_id") or b""
        for known in {about.decode(), getattr(record, "command_id", "")} - {""}:
            self._heard.setdefault(known, []).append(record)
