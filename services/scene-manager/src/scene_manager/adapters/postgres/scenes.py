"""Scenes and their versions."""

from __future__ import annotations

from scene_manager.adapters.postgres.types import Connected
from scene_manager.domain.scene import PinnedScene, SceneFile, Version
from scene_manager.errors import SceneNotFound


class PostgresScenes:
    """The scenes as one transaction sees them."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def pin(self, org: str, name: str, version: int | None) -> PinnedScene:
        """A version of an organisation's scene; the newest for None."""
        select = """
            SELECT v.version, v.digest, v.file FROM scenes s JOIN scene_versions v ON v.scene = s.id
             WHERE s.org = $1 AND s.name = $2 AND ($3::int IS NULL OR v.version = $3)
             ORDER BY v.version DESC LIMIT 1"""
        row = await self._connection.fetchrow(select, org, name, version)
        if row is None:
            raise SceneNotFound(name, version)
        return PinnedScene(name, row["version"], row["digest"], row["file"])

    async def register(
        self, org: str, name: str, file: SceneFile, *, scene_id: str, created_ns: int, actor: str
    ) -> tuple[Version, bool]:
        """The version that has the file's digest, and whether it is new."""
        ensure = "INSERT INTO scenes (id, org, name) VALUES ($1::text::uuid, $2, $3) ON CONFLICT DO NOTHING"
        await self._connection.execute(ensure, scene_id, org, name)
        # The lock makes the numbering below safe from another registration of the same scene.
        lock = "SELECT id FROM scenes WHERE org = $1 AND name = $2 FOR UPDATE"
        scene = await self._connection.fetchval(lock, org, name)
        known = "SELECT * FROM scene_versions WHERE scene = $1 AND digest = $2"
        if (row := await self._connection.fetchrow(known, scene, file.digest)) is not None:
            kept = SceneFile(row["digest"], row["file"], row["size"], row["note"])
            return Version(
                str(scene), org, name, row["version"], kept, row["created_ns"], row["actor"]
            ), False
        insert = """
            INSERT INTO scene_versions (scene, version, digest, file, size, note, created_ns, actor)
            SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7
              FROM scene_versions WHERE scene = $1
            RETURNING version"""
        values = (file.digest, file.file, file.size, file.note, created_ns, actor)
        number = await self._connection.fetchval(insert, scene, *values)
        return Version(str(scene), org, name, number, file, created_ns, actor), True
