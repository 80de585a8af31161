"""Raw topics, read by a stock consumer: each record once, on from where the last reading ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as the broker has it.

    Attributes:
        partition: where it is.
        offset: there.
        at_ms: when the broker took it, ms since the Unix epoch.
        key: as text.
        value: None is a tombstone.
        headers: by name; the last of several.
    """

    partition: int
    offset: int
    at_ms: int
    key: str
    value: bytes | None
    headers: dict[str, bytes]


class Tap:
    """What comes to some topics.

    Args:
        brokers: the true addresses.
        topics: all topics that are to be read, which exist.
    """

    def __init__(self, brokers: str, topics: Iterable[str]) -> None:
        self._brokers = brokers
        self._next: dict[tuple[str, int], int] = {}
        self._topics = tuple(topics)

    def copy(self) -> Tap:
        """Another one that goes on where this one is."""
        copy = Tap(self._brokers, self._topics)
        copy._next = dict(self._next)
        return copy

    async def read(self) -> dict[str, list[Raw]]:
        """Everything that the topics hold now and that wasn't read before, by topic, in order within a partition.

        Raises:
            TimeoutError: the brokers don't give it.
        """
        return await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, list[Raw]]:
        config = {
            "bootstrap.servers": self._brokers,
            "group.id": "tap",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",  # nothing may be passed over unnoticed
        }
        consumer = Consumer(config)
        deadline = time.monotonic() + _PATIENCE_S
        found: dict[str, list[Raw]] = {topic: [] for topic in self._topics}
        try:
            ends = {
                place: end for place, end in self._ends(consumer).items() if self._next.get(place, 0) < end
            }
            if not ends:
                return found
            consumer.assign(
                [TopicPartition(*place, self._next.get(place, OFFSET_BEGINNING)) for place in ends]
            )
            while ends:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the records of {sorted(ends)} aren't there")
                for message in consumer.consume(2000, timeout=0.2):
                    if message.error() is None:
                        name, raw = str(message.topic()), _raw(message)
                        if raw.offset < ends.get((name, raw.partition), 0):
                            found[name].append(raw)
                            self._next[name, raw.partition] = raw.offset + 1
                for at in consumer.position([TopicPartition(*place) for place in ends]):
                    # positions, not records: a compacted log may end with offsets that hold nothing
                    if at.offset >= ends[at.topic, at.partition]:
                        self._next[at.topic, at.partition] = ends.pop((at.topic, at.partition))
            return found
        finally:
            consumer.close()

    def _ends(self, consumer: Consumer) -> dict[tuple[str, int], int]:
        known = consumer.list_topics(timeout=_PATIENCE_S).topics
        places = [(topic, number) for topic in self._topics for number in known[topic].partitions]
        watermark = consumer.get_watermark_offsets
        return {place: watermark(TopicPartition(*place), timeout=_PATIENCE_S)[1] for place in places}


def _raw(message: Any) -> Raw:
    return Raw(
        partition=message.partition(),
        offset=message.offset(),
        at_ms=message.timestamp()[1],
        key=(message.key() or b"").decode(errors="replace"),
        value=message.value(),
        headers={name: value or b"" for name, value in message.headers() or ()},
    )
