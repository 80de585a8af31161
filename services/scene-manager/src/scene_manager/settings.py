"""From the settings to what this service's parts are told."""

from __future__ import annotations

from typing import Final

from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.placement import Pool
from scene_manager.handlers.control import Rules
from scene_manager.handlers.create_twin import Creation
from scene_manager.handlers.scenes import SceneRules
from twin_common.blobs import BlobStore
from twin_common.bus.types import Subscription
from twin_common.ids import uuid7
from twin_common.settings import Settings
from twin_common.settings.standard import EngineLimits
from twin_schemas.catalogue import topic

SERVICE: Final = "scene-manager"
INSTALLED_ENGINES: Final = frozenset({"mujoco"})
"""Engines that the workers of this release have."""


def rules_of(settings: Settings, blobs: BlobStore) -> Rules:
    """What the deployment allows."""
    limits = {name: getattr(settings.engines, name) for name in type(settings.engines).model_fields}
    enabled = {name for name, limit in limits.items() if isinstance(limit, EngineLimits) and limit.enabled}
    manager = settings.scene_manager
    return Rules(
        organization=settings.security.organization,
        creation=Creation(
            engines=EnginePolicy(INSTALLED_ENGINES, frozenset(enabled)),
            pool=Pool(manager.pool, manager.partitions),
            loopback_only=settings.security.profile == "development",
        ),
        scenes=SceneRules(manager.max_scene_bytes, blobs),
    )


def subscriptions_of(settings: Settings) -> tuple[Subscription, Subscription]:
    """The groups of commands and of statuses.

    They are two, so that an untaken status holds no command up. A member without a configured id gets
    a random one, which can't come back.
    """
    manager = settings.scene_manager
    member = manager.manager_id or f"{SERVICE}-{uuid7()}"

    def group(name: str, suffix: str) -> Subscription:
        return Subscription(
            topics=(topic(name).physical(settings.stream.topic_prefix),),
            group=f"{SERVICE}{suffix}",
            instance_id=member,
            session_timeout_ms=manager.session_timeout_ms,
        )

    return group("control.commands", ""), group("twin.status", "-status")
