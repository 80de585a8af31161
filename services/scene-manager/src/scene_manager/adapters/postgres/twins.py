"""Twins, their revisions and their placement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scene_manager.adapters.postgres.twin_rows import SELECT, revision_of, state_of, to_twin
from scene_manager.adapters.postgres.types import Connected
from scene_manager.domain.identity import ALIAS, is_uuid
from scene_manager.domain.twin import Twin
from scene_manager.errors import IdUnavailable, NameUnavailable, RevisionConflict, TwinNotFound

_COUNT_LOCK: Final = 4_860_084  # space of the advisory locks that counting takes


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
        return to_twin(await self._connection.fetchrow(SELECT + "WHERE t.id = $1", twin_id))

    async def find(self, twin_id: str) -> Twin | None:
        """The twin with this UUID whoever owns it, deleted or not."""
        if not is_uuid(twin_id):
            return None
        locked = "SELECT id FROM twins WHERE id = $1::text::uuid FOR UPDATE"
        if (found := await self._connection.fetchval(locked, twin_id)) is None:
            return None
        return to_twin(await self._connection.fetchrow(SELECT + "WHERE t.id = $1", found))

    async def add(self, twin: Twin) -> None:
        """Keep a new twin."""
        born = {"org": twin.org, "name": twin.name, "seed": twin.seed, "created_ns": twin.created_ns}
        if await self._insert("twins", "id", twin.id, born | state_of(twin)) is None:
            held = "SELECT 1 FROM twins WHERE name = $1 AND name_held"
            if await self._connection.fetchval(held, twin.name):
                raise NameUnavailable(twin.name)
            raise IdUnavailable(twin.id)
        await self._insert("revisions", "twin", twin.id, revision_of(twin))
        place = {"pool": twin.placement.pool, "partition": twin.placement.partition}
        await self._insert("placements", "twin", twin.id, place)

    async def save(self, twin: Twin, *, expected_revision: int) -> None:
        """Keep a changed twin."""
        state = state_of(twin)
        changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(state, 3))
        update = f"UPDATE twins SET {changes} WHERE id = $1::text::uuid AND revision = $2 RETURNING id"  # noqa: S608
        if await self._connection.fetchval(update, twin.id, expected_revision, *state.values()) is None:
            raise RevisionConflict(f"twin {twin.name!r} isn't at revision {expected_revision} any more")
        if twin.revision != expected_revision:
            await self._insert("revisions", "twin", twin.id, revision_of(twin))

    async def load(self, pool: str) -> Mapping[int, int]:
        """Twins that aren't deleted, by partition of a pool."""
        count = """
            SELECT p.partition, count(*) AS twins FROM placements p JOIN twins t ON t.id = p.twin
             WHERE p.pool = $1 AND t.phase <> 'deleted' GROUP BY p.partition"""
        return {row["partition"]: row["twins"] for row in await self._connection.fetch(count, pool)}

    async def kept(self, org: str) -> int:
        """An organisation's twins that aren't deleted."""
        await self._count_alone(f"org/{org}")
        return await self._count("SELECT count(*) FROM twins WHERE org = $1 AND phase <> 'deleted'", org)

    async def running(self, org: str) -> int:
        """An organisation's twins that are desired to run."""
        await self._count_alone(f"org/{org}")
        return await self._count("SELECT count(*) FROM twins WHERE org = $1 AND running", org)

    async def simulated(self, engine: str) -> int:
        """Twins of all organisations that are desired to run on an engine."""
        await self._count_alone(f"engine/{engine}")
        return await self._count("SELECT count(*) FROM twins WHERE engine = $1 AND running", engine)

    async def pinning(self, org: str, scene: str, version: int | None) -> Sequence[str]:
        """Names of the organisation's twins that use a version of a scene, in order."""
        select = """
            SELECT t.name FROM twins t JOIN revisions r ON r.twin = t.id AND r.revision = t.revision
             WHERE t.org = $1 AND t.phase <> 'deleted'
               AND (r.scene = $2 AND ($3::int IS NULL OR r.scene_version = $3)
                    OR r.pending_scene->>'name' = $2
                       AND ($3::int IS NULL OR (r.pending_scene->>'version')::int = $3))
             ORDER BY t.name"""
        return [row["name"] for row in await self._connection.fetch(select, org, scene, version)]

    async def _count(self, query: str, what: str) -> int:
        return int(await self._connection.fetchval(query, what))

    async def _count_alone(self, what: str) -> None:
        """Let others that count the same wait until this transaction has ended."""
        lock = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
        await self._connection.execute(lock, _COUNT_LOCK, what)

    async def _insert(self, table: str, key: str, twin: str, row: Mapping[str, Any]) -> object:
        """Add a row; None when it is there already."""
        numbers = ", ".join(f"${number}" for number in range(2, len(row) + 2))
        insert = f"""
            INSERT INTO {table} ({key}, {", ".join(row)}) VALUES ($1::text::uuid, {numbers})
            ON CONFLICT DO NOTHING RETURNING 1"""  # noqa: S608
        return await self._connection.fetchval(insert, twin, *row.values())
