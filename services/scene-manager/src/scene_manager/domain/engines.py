"""Which engines a twin may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.errors import Refused


@dataclass(frozen=True, slots=True)
class EnginePolicy:
    """What the deployment offers.

    Attributes:
        installed: engines that workers have.
        enabled: engines that the settings allow.
    """

    installed: frozenset[str]
    enabled: frozenset[str]

    def check(self, engine: str) -> None:
        """Accept an engine.

        Raises:
            Refused: `unknown_engine` or `engine_disabled`; the message names what is available.
        """
        available = ", ".join(sorted(self.installed & self.enabled)) or "none"
        if engine not in self.installed:
            raise Refused(
                "unknown_engine",
                f"engine {engine[:80]!r} isn't installed; available: {available}",
                field="engine.type",
            )
        if engine not in self.enabled:
            raise Refused(
                "engine_disabled",
                f"engine {engine!r} is disabled (engines.{engine}.enabled); available: {available}",
                field="engine.type",
            )
