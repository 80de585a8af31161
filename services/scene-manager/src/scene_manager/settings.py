"""From the settings to what this service's parts are told."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Final

from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.placement import Pool
from scene_manager.domain.ports import UnitOfWork
from scene_manager.domain.quotas import Quotas
from scene_manager.domain.scene_ports import SceneFiles
from scene_manager.handlers.control import Rules
from scene_manager.handlers.create_twin import Creation
from scene_manager.handlers.definitions import Definitions
from scene_manager.handlers.scenes import SceneRules
from scene_manager.handlers.twins import Running
from twin_common.bus.types import Subscription
from twin_common.ids import uuid7
from twin_common.settings import Settings
from twin_common.settings.standard import EngineLimits, Engines
from twin_schemas.catalogue import topic

SERVICE: Final = "scene-manager"
ENGINES: Final = "hanzo_twin.engines"
"""Entry points of the engines that are installed."""


def rules_of(settings: Settings, files: SceneFiles, work: UnitOfWork) -> Rules:
    """What the deployment allows."""
    manager, quotas = settings.scene_manager, settings.quotas
    limits = _limits(settings.engines)
    engines = EnginePolicy(
        installed=installed_engines(),
        enabled=frozenset(name for name, limit in limits.items() if limit.enabled),
        max_instances={name: limit.max_instances for name, limit in limits.items()},
    )
    allowed = Quotas(quotas.twins, quotas.running)
    definitions = Definitions(engines, encrypted=settings.security.profile == "production")
    return Rules(
        creation=Creation(definitions, Pool(manager.pool, manager.partitions), allowed),
        running=Running(engines, allowed),
        scenes=SceneRules(
            max_bytes=manager.max_scene_bytes,
            max_scenes=quotas.scenes,
            max_total_bytes=quotas.scene_bytes,
            engines=engines,
            files=files,
            work=work,
        ),
    )


def installed_engines() -> frozenset[str]:
    """The engines that are installed beside this service, by name; none of them is imported."""
    return frozenset(found.name for found in entry_points(group=ENGINES))


def _limits(engines: Engines) -> Mapping[str, EngineLimits]:
    limits = {name: getattr(engines, name) for name in type(engines).model_fields}
    return {name: limit for name, limit in limits.items() if isinstance(limit, EngineLimits)}


def subscriptions_of(settings: Settings) -> tuple[Subscription, Subscription, Subscription]:
    """The groups of commands about twins, of commands about scenes, and of statuses.

    They are three, so that neither an untaken status nor the check of a heavy scene holds a twin's command up. A
    member without a configured id gets a random one, which can't come back.
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

    commands = "control.commands"
    return group(commands, ""), group(commands, "-scenes"), group("twin.status", "-status")
