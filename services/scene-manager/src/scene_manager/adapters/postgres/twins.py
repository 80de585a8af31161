"""Twins, their revisions and their placement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from asyncpg import Record

from scene_manager.adapters.postgres.types import Connected
from scene_manager.domain.identity import ALIAS, is_uuid
from scene_manager.domain.placement import Placement
from scene_manager.domain.scene import PinnedScene
from scene_manager.domain.twin import Twin
from scene_manager.errors import NameUnavailable, Refused, RevisionConflict, TwinNotFound
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase

_SELECT: Final = """
    SELECT t.id, t.org, t.name, t.revision, t.phase, t.seed, t.created_ns, t.code, t.message, t.reported,
           r.desired, r.scene, r.scene_version, r.scene_digest, r.scene_file, r.definition,
           p.pool, p.partition
      FROM twins t
      JOIN revisions r ON r.twin = t.id AND r.revision = t.revision
      JOIN placements p ON p.twin = t.id
"""


class PostgresTwins:
    """The twins as one transaction sees them."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def get(self, org: str, ref: str) -> Twin:
        """An organisation's twin by UUID, name or alias."""
        # The row is locked before it is joined: a join made before the wait would show the old revision.
        if is_uuid(ref):
            which = "id = $2::text::uuid"
        else:
            ref = ref.removeprefix(ALIAS)
            which = "name = $2"
        locked = f"SELECT id FROM twins WHERE org = $1 AND {which} AND phase <> 'deleted' FOR UPDATE"  # noqa: S608
        twin_id = await self._connection.fetchval(locked, org, ref)
        if twin_id is None:
            raise TwinNotFound(ref)
        return _twin(await self._connection.fetchrow(_SELECT + "WHERE t.id = $1", twin_id))

    async def find(self, twin_id: str) -> Twin | None:
        """The twin with this UUID whoever owns it, deleted or not."""
        if not is_uuid(twin_id):
            return None
        locked = "SELECT id FROM twins WHERE id = $1::text::uuid FOR UPDATE"
        if (found := await self._connection.fetchval(locked, twin_id)) is None:
            return None
        return _twin(await self._connection.fetchrow(_SELECT + "WHERE t.id = $1", found))

    async def add(self, twin: Twin) -> None:
        """Keep a new twin."""
        insert = """
            INSERT INTO twins (id, org, name, revision, phase, seed, created_ns, code, message, reported)
            VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT DO NOTHING RETURNING id"""
        values = (twin.id, twin.org, twin.name, twin.revision, twin.phase.value, twin.seed, twin.created_ns)
        if await self._connection.fetchval(insert, *values, twin.code, twin.message, twin.reported) is None:
            held = "SELECT 1 FROM twins WHERE name = $1 AND name_held"
            if await self._connection.fetchval(held, twin.name):
                raise NameUnavailable(twin.name)
            raise Refused("id_unavailable", f"there is a twin {twin.id} already; leave `id` out", field="id")
        await self._add_revision(twin)
        place = "INSERT INTO placements (twin, pool, partition) VALUES ($1::text::uuid, $2, $3)"
        await self._connection.execute(place, twin.id, twin.placement.pool, twin.placement.partition)

    async def save(self, twin: Twin, *, expected_revision: int) -> None:
        """Keep a changed twin."""
        update = """
            UPDATE twins SET revision = $3, phase = $4, code = $5, message = $6, reported = $7
             WHERE id = $1::text::uuid AND revision = $2 RETURNING id"""
        values = (
            twin.id,
            expected_revision,
            twin.revision,
            twin.phase.value,
            twin.code,
            twin.message,
            twin.reported,
        )
        if await self._connection.fetchval(update, *values) is None:
            raise RevisionConflict(f"twin {twin.name!r} isn't at revision {expected_revision} any more")
        if twin.revision != expected_revision:
            await self._add_revision(twin)

    async def load(self, pool: str) -> Mapping[int, int]:
        """Twins that aren't deleted, by partition of a pool."""
        count = """
            SELECT p.partition, count(*) AS twins FROM placements p JOIN twins t ON t.id = p.twin
             WHERE p.pool = $1 AND t.phase <> 'deleted' GROUP BY p.partition"""
        return {row["partition"]: row["twins"] for row in await self._connection.fetch(count, pool)}

    async def pinning(self, org: str, scene: str, version: int | None) -> Sequence[str]:
        """Names of the organisation's twins that use a version of a scene, in order."""
        select = """
            SELECT t.name FROM twins t JOIN revisions r ON r.twin = t.id AND r.revision = t.revision
             WHERE t.org = $1 AND t.phase <> 'deleted' AND r.scene = $2
               AND ($3::int IS NULL OR r.scene_version = $3)
             ORDER BY t.name"""
        return [row["name"] for row in await self._connection.fetch(select, org, scene, version)]

    async def _add_revision(self, twin: Twin) -> None:
        insert = """
            INSERT INTO revisions
                   (twin, revision, desired, scene, scene_version, scene_digest, scene_file, definition)
            VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8)"""
        scene = twin.scene
        values = (
            twin.id,
            twin.revision,
            twin.desired.value,
            scene.name,
            scene.version,
            scene.digest,
            scene.file,
        )
        await self._connection.execute(insert, *values, twin.definition)


def _twin(row: Record | None) -> Twin:
    assert row is not None, "every twin has a row of its revision and one of its placement"
    return Twin(
        id=str(row["id"]),
        org=row["org"],
        name=row["name"],
        revision=row["revision"],
        phase=Phase(row["phase"]),
        desired=Desired(row["desired"]),
        placement=Placement(row["pool"], row["partition"]),
        scene=PinnedScene(row["scene"], row["scene_version"], row["scene_digest"], row["scene_file"]),
        definition=row["definition"],
        seed=row["seed"],
        created_ns=row["created_ns"],
        code=row["code"],
        message=row["message"],
        reported=row["reported"],
    )
