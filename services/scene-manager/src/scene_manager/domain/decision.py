"""What a command led to."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.effects import Effect


@dataclass(frozen=True, slots=True)
class Decision:
    """An accepted command.

    Attributes:
        id: UUID of the twin or scene concerned.
        name: its name.
        version: revision of the twin, version of the scene.
        effects: what follows, in order; nothing when nothing has changed.
    """

    id: str
    name: str
    version: int
    effects: tuple[Effect, ...] = ()
