"""Bounds the topics that grow with time by size, as an operator would, so that they are full within minutes."""

from __future__ import annotations

from _platform import Platform
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

SEGMENT = 1 << 20
"""The smallest that a broker takes."""


def bound(on: Platform, partitions_bytes: int) -> None:
    """Keep so many bytes of each partition of every topic that isn't compacted."""
    admin = AdminClient({"bootstrap.servers": on.settings.stream.brokers})
    prefix = on.settings.stream.topic_prefix
    names = [name for name in admin.list_topics(timeout=10).topics if name.startswith(f"{prefix}.")]
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    settings = {
        resource.name: future.result() for resource, future in admin.describe_configs(resources).items()
    }
    growing = [name for name in names if settings[name]["cleanup.policy"].value == "delete"]
    wanted = {"retention.bytes": partitions_bytes, "segment.bytes": SEGMENT}
    changes = [
        ConfigResource(
            ResourceType.TOPIC,
            name,
            incremental_configs=[
                ConfigEntry(key, str(value), incremental_operation=AlterConfigOpType.SET)
                for key, value in wanted.items()
            ],
        )
        for name in growing
    ]
    for done in admin.incremental_alter_configs(changes).values():
        done.result()
