"""Creating, describing and deleting topics on Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin import NewTopic as KafkaTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    InvalidReplicationFactorError,
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from twin_common.bus.client import ClosingClient
from twin_common.bus.kafka.connection import options, start
from twin_common.bus.kafka.faults import translated
from twin_common.bus.kafka.reader import KafkaReader
from twin_common.bus.types import NewTopic, Offset, TopicInfo, TopicPartition
from twin_common.errors import BusError, TooFewBrokers, TopicMismatch
from twin_common.settings.standard import Stream

_SETTLE_TRIES = 100
_SETTLE_PAUSE_S = 0.05


class KafkaAdmin(ClosingClient):
    """`twin_common.bus.api.Admin` on Kafka. Opened by `KafkaBus`."""

    def __init__(self, stream: Stream, client_id: str) -> None:
        self._stream = stream
        self._client_id = client_id
        self._kafka: Any = AIOKafkaAdminClient(**options(stream, client_id))
        self._closed = False

    async def start(self) -> None:
        """Connect."""
        await start(self._kafka, self._kafka.close(), self._stream)

    async def create_topics(self, topics: Sequence[NewTopic]) -> tuple[str, ...]:
        """Create those that don't exist, bring the configs of the others up to date."""
        existing = await self.describe_topics(topic.name for topic in topics)
        for topic in topics:
            found = existing.get(topic.name)
            if found is not None and found.partitions != topic.partitions:
                raise TopicMismatch(
                    f"topic {topic.name} has {found.partitions} partitions, declared are {topic.partitions}; "
                    "delete it (with its records) or declare it as it is"
                )
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            await self._create(missing)
        await self._reconfigure([topic for topic in topics if topic.name in existing], existing)
        return tuple(topic.name for topic in missing)

    async def _create(self, topics: Sequence[NewTopic]) -> None:
        wanted = [
            # The empty assignment makes aiokafka accept -1, the broker's default number of replicas.
            KafkaTopic(
                t.name, t.partitions, t.replication or -1, None if t.replication else {}, dict(t.configs)
            )
            for t in topics
        ]
        with translated("creating topics", self._stream.brokers):
            response = await self._kafka.create_topics(wanted)
            for name, code, *message in response.topic_errors:
                # Somebody else may create the same topics at the same moment.
                reason = (message and message[0]) or for_code(code).__name__
                if for_code(code) is InvalidReplicationFactorError:
                    raise TooFewBrokers(f"topic {name} can't be created yet: {reason}")
                if for_code(code) not in (NoError, TopicAlreadyExistsError):
                    raise BusError(f"the broker refused to create topic {name}: {reason}")
        names = {topic.name for topic in topics}
        await self._until(lambda known: names <= known.keys(), "created")

    async def _reconfigure(self, topics: Sequence[NewTopic], existing: Mapping[str, TopicInfo]) -> None:
        changed = [
            topic
            for topic in topics
            if any(existing[topic.name].configs.get(key) != value for key, value in topic.configs.items())
        ]
        if not changed:
            return
        resources = [ConfigResource(ConfigResourceType.TOPIC, t.name, dict(t.configs)) for t in changed]
        with translated("configuring topics", self._stream.brokers):
            for response in await self._kafka.alter_configs(resources):
                for code, message, _, name in response.resources:
                    if code:
                        raise BusError(f"the broker refused the configuration of topic {name}: {message}")

    async def delete_topics(self, names: Iterable[str]) -> None:
        """Delete topics; returns once they are gone."""
        wanted = set(names)
        present = wanted & await self.list_topics()
        if not present:
            return
        with translated("deleting topics", self._stream.brokers):
            response = await self._kafka.delete_topics(sorted(present))
            for name, code, *_ in response.topic_error_codes:
                if for_code(code) not in (NoError, UnknownTopicOrPartitionError):
                    raise BusError(f"the broker refused to delete topic {name}: {for_code(code).__name__}")
        await self._until(lambda known: not wanted & known.keys(), "deleted")

    async def _until(self, settled: Callable[[Mapping[str, int]], bool], what: str) -> None:
        for _ in range(_SETTLE_TRIES):
            if settled(await self._partition_counts()):
                return
            await asyncio.sleep(_SETTLE_PAUSE_S)
        raise BusError(f"the broker at {self._stream.brokers} still doesn't show the topics as {what}")

    async def _partition_counts(self) -> dict[str, int]:
        """Topics whose partitions all have a leader, with their number of partitions."""
        with translated("listing topics", self._stream.brokers):
            topics = await self._kafka.describe_topics()
        return {
            topic["topic"]: len(topic["partitions"])
            for topic in topics
            if topic["partitions"] and all(part["leader"] >= 0 for part in topic["partitions"])
        }

    async def describe_topics(self, names: Iterable[str]) -> dict[str, TopicInfo]:
        """Each topic that exists."""
        counts = await self._partition_counts()
        wanted = [name for name in dict.fromkeys(names) if name in counts]
        if not wanted:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, None) for name in wanted]
        with translated("describing topics", self._stream.brokers):
            responses = await self._kafka.describe_configs(resources)
        configs = {
            name: {entry[0]: entry[1] for entry in entries}
            for response in responses
            for _, _, _, name, entries in response.resources
        }
        return {name: TopicInfo(name, counts[name], configs.get(name, {})) for name in wanted}

    async def list_topics(self) -> frozenset[str]:
        """All topics but the broker's internal ones."""
        return frozenset(name for name in await self._partition_counts() if not name.startswith("__"))

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""
        reader = KafkaReader(self._stream, self._client_id)
        await reader.start()
        async with reader:
            return await reader.end_offsets(tps)

    async def committed(self, group: str) -> dict[TopicPartition, Offset]:
        """A group's progress."""
        with translated(f"reading the progress of {group}", self._stream.brokers):
            found = await self._kafka.list_consumer_group_offsets(group)
        return {
            TopicPartition(tp.topic, tp.partition): Offset(at.offset, at.metadata or "")
            for tp, at in found.items()
            if at.offset >= 0
        }

    async def minimum_session_ms(self) -> int:
        """The shortest session time-out that the broker accepts; 0 when it doesn't tell."""
        node = self._kafka._client.get_random_node()  # noqa: SLF001 (no public way to name a node)
        if node is None:
            return 0
        wanted = ConfigResource(ConfigResourceType.BROKER, str(node), {"group.min.session.timeout.ms": ""})
        with translated("asking for the shortest session", self._stream.brokers):
            responses = await self._kafka.describe_configs([wanted])
        values = [
            entry[1] for response in responses for *_, entries in response.resources for entry in entries
        ]
        return int(values[0]) if values and values[0] else 0

    async def close(self) -> None:
        """Disconnect."""
        if not self._closed:
            self._closed = True
            await self._kafka.close()
