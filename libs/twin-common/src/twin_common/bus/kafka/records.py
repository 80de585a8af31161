"""Between aiokafka's values and ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.structs import TopicPartition as KafkaPartition

from twin_common.bus.types import Headers, Record, TopicPartition


def to_kafka(tps: Iterable[TopicPartition]) -> list[Any]:
    """Aiokafka's own tuples, whose type it checks."""
    return [KafkaPartition(*tp) for tp in tps]


def from_kafka(tps: Iterable[Any]) -> frozenset[TopicPartition]:
    """Our tuples."""
    return frozenset(TopicPartition(tp.topic, tp.partition) for tp in tps)


def to_records(batches: Mapping[Any, Iterable[Any]]) -> list[Record]:
    """All records of a fetch, partition by partition, each in order."""
    return [
        Record(tp.topic, tp.partition, raw.offset, raw.key, raw.value, _headers(raw.headers), raw.timestamp)
        for tp, batch in batches.items()
        for raw in batch
    ]


def _headers(raw: Iterable[tuple[str, bytes | None]]) -> Headers:
    """Kafka knows headers without a value; to us they are empty, so that nobody trips over them."""
    return tuple((name, b"" if value is None else value) for name, value in raw) if raw else ()
