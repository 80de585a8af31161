"""Makes the catalogue's topics on a bus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from twin_common.bus.api import Admin
from twin_common.bus.types import NewTopic
from twin_common.settings.retention import Retention
from twin_schemas.topics import TopicSpec


def as_new_topic(spec: TopicSpec, prefix: str, replication: int | None = None) -> NewTopic:
    """A topic of the catalogue as the broker shall have it."""
    return NewTopic(spec.physical(prefix), spec.partitions, spec.config(), replication)


def bounded(catalogue: Mapping[str, TopicSpec], retention: Retention) -> dict[str, TopicSpec]:
    """The catalogue with the bounds that an installation sets for the journals and their keyframes."""
    hour_ms = 3_600_000
    bounds: dict[str, dict[str, int]] = {
        "sim.journal": {
            "retention_ms": retention.journal_hours * hour_ms,
            "retention_bytes": retention.journal_bytes,
            "segment_bytes": retention.segment_bytes,
        },
        # a day longer than what it names, so that whoever deletes that still learns of it
        "sim.keyframes": {"retention_ms": round((retention.sealed_days + 1) * 24 * hour_ms)},
    }
    return {
        name: replace(spec, **bounds[name]) if name in bounds else spec  # type: ignore[arg-type]
        for name, spec in catalogue.items()
    }


async def create_topics(
    admin: Admin,
    catalogue: Mapping[str, TopicSpec],
    prefix: str,
    *,
    replication: int | None = None,
    partitions: int | None = None,
) -> tuple[str, ...]:
    """Create the topics of a catalogue that don't exist; repeating it changes nothing.

    Args:
        admin: where to.
        catalogue: `twin_schemas.catalogue.catalogue()`, or a part of it.
        prefix: begins every physical name.
        replication: replicas; the broker's default when None.
        partitions: overrides the partition count of every topic that has more than one (for small
            installations; all services must agree).

    Returns:
        The physical names of the topics that were created.

    Raises:
        TopicMismatch: a topic exists with another number of partitions.
    """
    specs = [
        replace(spec, partitions=partitions) if partitions and spec.partitions > 1 else spec
        for spec in catalogue.values()
    ]
    return await admin.create_topics([as_new_topic(spec, prefix, replication) for spec in specs])
