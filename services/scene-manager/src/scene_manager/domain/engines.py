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
