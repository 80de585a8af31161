"""What a command led to."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.effects import Effect
from twin_schemas.record import Record


@dataclass(frozen=True, slots=True)
class Decision:
    """An accepted command.

    Attributes:
        id: UUID of the twin or scene concerned.
        name: its name.
        version: revision of the twin, version of the scene.
        effects: what follows, in order; nothing when nothing has changed.
        restart_needed: paths of the twin's definition that act after a restart only.
        reply: what the asker is answered in place of `ControlAccepted`, such as `SceneValidated`.
    """

    id: str
    name: str
    version: int
    effects: tuple[Effect, ...] = ()
    restart_needed: tuple[str, ...] = ()
    reply: Record | None = None
