"""What the handlers ask about scenes."""

from __future__ import annotations

from typing import Protocol

from scene_manager.domain.scene import PinnedScene, SceneFile, Version


class Scenes(Protocol):
    """The scenes and their versions."""

    async def pin(self, org: str, name: str, version: int | None) -> PinnedScene:
        """A version of an organisation's scene; the newest for None.

        Raises:
            SceneNotFound: there is none.
        """
        ...

    async def register(
        self, org: str, name: str, file: SceneFile, *, scene_id: str, created_ns: int, actor: str
    ) -> tuple[Version, bool]:
        """The version that has the file's digest, and whether it is new.

        `scene_id` is for the scene if the organisation has none of this name yet.
        """
        ...
