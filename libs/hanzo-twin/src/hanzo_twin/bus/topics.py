"""The topics of the standard, by their physical names."""

from __future__ import annotations

from dataclasses import dataclass

from twin_common.bus.types import TopicPartition
from twin_schemas.records import TwinSpec


@dataclass(frozen=True, slots=True)
class Topics:
    """Physical topic names under one prefix."""

    prefix: str

    def name(self, topic: str) -> str:
        """The physical name of a topic of the catalogue."""
        return f"{self.prefix}.{topic}"

    def public(self, spec: TwinSpec) -> str:
        """The public topic of a twin."""
        return f"{self.prefix}.{spec.name}"

    def of_twin(self, topic: str, spec: TwinSpec) -> TopicPartition:
        """Where a twin's records lie in a topic of its pool: placement is explicit."""
        return TopicPartition(self.name(topic), spec.partition)
