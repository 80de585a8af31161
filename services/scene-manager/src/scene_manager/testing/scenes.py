"""Scenes over the tables in memory."""

from __future__ import annotations

from scene_manager.domain.scene import PinnedScene, SceneFile, Version
from scene_manager.errors import SceneNotFound
from scene_manager.testing.store import Tables


class MemoryScenes:
    """See `scene_manager.domain.scene_ports.Scenes`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def pin(self, org: str, name: str, version: int | None) -> PinnedScene:
        """A version of an organisation's scene; the newest for None."""
        versions = self._tables.versions.get((org, name), ())
        for known in reversed(versions):
            if version is None or known.number == version:
                return known.pin
        raise SceneNotFound(name, version)

    async def register(
        self, org: str, name: str, file: SceneFile, *, scene_id: str, created_ns: int, actor: str
    ) -> tuple[Version, bool]:
        """The version that has the file's digest, and whether it is new."""
        versions = self._tables.versions.get((org, name), ())
        for known in versions:
            if known.file.digest == file.digest:
                return known, False
        scene = versions[0].scene if versions else scene_id
        version = Version(scene, org, name, len(versions) + 1, file, created_ns, actor)
        self._tables.versions[org, name] = (*versions, version)
        return version, True
