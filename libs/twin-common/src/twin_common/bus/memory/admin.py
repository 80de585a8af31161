"""Creating, describing and deleting topics of the memory bus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twin_common.bus.client import ClosingClient
from twin_common.bus.memory.broker import Broker
from twin_common.bus.types import NewTopic, Offset, TopicInfo, TopicPartition
from twin_common.errors import TopicMismatch


class MemoryAdmin(ClosingClient):
    """`twin_common.bus.api.Admin` in memory."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def create_topics(self, topics: Sequence[NewTopic]) -> tuple[str, ...]:
        """Create those that don't exist, bring the configs of the others up to date."""
        known = self._broker.partition_counts()
        for topic in topics:
            if known.get(topic.name, topic.partitions) != topic.partitions:
                raise TopicMismatch(
                    f"topic {topic.name} has {known[topic.name]} partitions, declared are "
                    f"{topic.partitions}; delete it (with its records) or declare it as it is"
                )
        for topic in topics:
            if topic.name in known:
                self._broker.topics[topic.name].configs = dict(topic.configs)
            else:
                self._broker.create(topic)
        return tuple(topic.name for topic in topics if topic.name not in known)

    async def delete_topics(self, names: Iterable[str]) -> None:
        """Delete topics."""
        self._broker.delete(names)

    async def describe_topics(self, names: Iterable[str]) -> dict[str, TopicInfo]:
        """Each topic that exists."""
        topics = self._broker.topics
        return {
            name: TopicInfo(name, len(topics[name].logs), dict(topics[name].configs))
            for name in names
            if name in topics
        }

    async def list_topics(self) -> frozenset[str]:
        """All topics."""
        return frozenset(self._broker.topics)

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record."""
        return {tp: self._broker.log(tp).end for tp in tps}

    async def committed(self, group: str) -> dict[TopicPartition, Offset]:
        """A group's progress."""
        return dict(self._broker.group(group).committed)

    async def close(self) -> None:
        """Nothing is held open."""
