"""What the clients of one memory bus share: topics, groups, and a bell that rings when anything changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twin_common.bus.memory.group import Group
from twin_common.bus.memory.log import Log
from twin_common.bus.types import Headers, NewTopic, RecordPosition, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import SendFailed, TopicMissing

_MAX_MESSAGE_BYTES = 1_048_588
_OVERHEAD_BYTES = 70  # roughly what Kafka's batch format adds to one record


@dataclass(slots=True)
class Topic:
    """A topic's partitions and configs."""

    logs: list[Log]
    configs: dict[str, str]


class Broker:
    """Topics and groups in memory."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.topics: dict[str, Topic] = {}
        self._groups: dict[str, Group] = {}
        self._waiters: set[asyncio.Future[None]] = set()

    def create(self, topic: NewTopic) -> None:
        """Add a topic; its name must be new."""
        logs = [Log(topic.name, partition) for partition in range(topic.partitions)]
        self.topics[topic.name] = Topic(logs, dict(topic.configs))
        self.ring()

    def delete(self, names: Iterable[str]) -> None:
        """Remove topics with their records and the groups' progress on them."""
        gone = set(names)
        for name in gone:
            self.topics.pop(name, None)
        for group in self._groups.values():
            group.forget(gone)
        self.ring()

    def topic(self, name: str) -> Topic:
        """A topic by name.

        Raises:
            TopicMissing: there is none.
        """
        found = self.topics.get(name)
        if found is None:
            raise TopicMissing(f"there is no topic {name}; create the topics first")
        return found

    def log(self, tp: TopicPartition) -> Log:
        """A partition.

        Raises:
            TopicMissing: there is none.
        """
        logs = self.topic(tp.topic).logs
        if not 0 <= tp.partition < len(logs):
            raise TopicMissing(f"{tp.topic} has partitions 0 to {len(logs) - 1}, no partition {tp.partition}")
        return logs[tp.partition]

    def group(self, name: str) -> Group:
        """A consumer group, made on first use."""
        if name not in self._groups:
            self._groups[name] = Group(name, self.clock)
        return self._groups[name]

    def partition_counts(self) -> Mapping[str, int]:
        """Number of partitions by topic."""
        return {name: len(topic.logs) for name, topic in self.topics.items()}

    def append(
        self, tp: TopicPartition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> RecordPosition:
        """Write one record and wake the readers.

        Raises:
            SendFailed: it is larger than the topic's `max.message.bytes`.
        """
        log = self.log(tp)
        limit = int(self.topics[tp.topic].configs.get("max.message.bytes", _MAX_MESSAGE_BYTES))
        size = len(key or b"") + len(value or b"") + sum(len(name) + len(body) for name, body in headers)
        if size + _OVERHEAD_BYTES > limit:
            raise SendFailed(
                f"{tp.topic}[{tp.partition}] refused a record of {size} bytes; at most {limit} fit"
            )
        offset = log.append(key, value, headers, self.clock.now_ns() // 1_000_000)
        self.ring()
        return RecordPosition(tp.topic, tp.partition, offset)

    def ring(self) -> None:
        """Wake everyone who waits for a change."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def changed(self, timeout: float) -> None:
        """Wait for the next `ring`, for at most `timeout` seconds of real time."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait({waiter}, timeout=timeout)
        finally:
            self._waiters.discard(waiter)
