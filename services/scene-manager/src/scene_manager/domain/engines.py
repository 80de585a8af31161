"""Which engines a twin may ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from scene_manager.errors import Refused


@dataclass(frozen=True, slots=True)
class EnginePolicy:
    """What the deployment offers.

    Attributes:
        installed: engines that workers have.
        enabled: engines that the settings allow.
        max_instances: how many twins may run on an engine at once; as many as there are for those not named.
    """

    installed: frozenset[str]
    enabled: frozenset[str]
    max_instances: Mapping[str, int] = field(default_factory=dict)

    @property
    def available(self) -> str:
        """What may be asked for, as the end of a sentence."""
        return f"available: {', '.join(sorted(self.installed & self.enabled)) or 'none'}"

    def check(self, engine: str) -> None:
        """Accept an engine.

        Raises:
            Refused: `unknown_engine` or `engine_disabled`; the message names what is available.
        """
        if engine not in self.installed:
            reason = f"engine {engine[:80]!r} isn't installed; {self.available}"
            raise Refused("unknown_engine", reason, field="engine.type")
        if engine not in self.enabled:
            reason = f"engine {engine!r} is disabled by engines.{engine}.enabled; {self.available}"
            raise Refused("engine_disabled", reason, field="engine.type")

    def check_room(self, engine: str, running: int) -> None:
        """Accept one more twin that runs on an engine.

        Raises:
            Refused: `engine_full`: so many run already.
        """
        limit = self.max_instances.get(engine)
        if limit is not None and running >= limit:
            raise Refused(
                "engine_full",
                f"all {limit} instances of engine {engine!r} (engines.{engine}.max_instances) are in use; stop a twin, "
                "or try again later",
                field="engine.type",
            )


def engine_of(definition: str) -> str:
    """The engine that a canonical definition asks for."""
    return str(json.loads(definition)["engine"]["type"])
