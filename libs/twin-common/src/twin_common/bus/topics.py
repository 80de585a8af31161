"""Makes the catalogue's topics on a bus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from twin_common.bus.api import Admin
from twin_common.bus.types import NewTopic
from twin_schemas.topics import TopicSpec


def as_new_topic(spec: TopicSpec, prefix: str, replication: int | None = None) -> NewTopic:
    """A topic of the catalogue as the broker shall have it."""
    return NewTopic(spec.physical(prefix), spec.partitions, spec.config(), replication)


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
