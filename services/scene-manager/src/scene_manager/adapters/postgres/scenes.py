"""Scenes, their versions and their proposals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from scene_manager.adapters.postgres.scene_rows import PROPOSALS, VERSIONS, to_proposal, to_version, uses_json
from scene_manager.adapters.postgres.types import Connected
from scene_manager.domain.identity import is_uuid
from scene_manager.domain.scene import PinnedScene, SceneFile, Version
from scene_manager.domain.scene_check import Checked
from scene_manager.domain.scene_ports import Footprint
from scene_manager.domain.scene_proposal import Fate, Proposal
from scene_manager.errors import Refused, SceneNotFound

_BLOB_LOCK: Final = 4_860_085  # space of the advisory locks that naming and deleting a blob take
_SCENES_LOCK: Final = 4_860_086  # and those that counting an organisation's scenes takes


class PostgresScenes:
    """The scenes as one transaction sees them."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def pin(self, org: str, name: str, version: int | None) -> PinnedScene:
        """A version of an organisation's scene; the newest for None."""
        # The lock keeps a deletion out until whoever pins it has committed.
        select = """
            SELECT v.version, v.digest, v.file FROM scenes s JOIN scene_versions v ON v.scene = s.id
             WHERE s.org = $1 AND s.name = $2 AND ($3::int IS NULL OR v.version = $3) AND v.deleted_ns IS NULL
             ORDER BY v.version DESC LIMIT 1 FOR SHARE OF v"""
        row = await self._connection.fetchrow(select, org, name, version)
        if row is None:
            raise SceneNotFound(name, version)
        return PinnedScene(name, row["version"], row["digest"], row["file"])

    async def versions(self, org: str, ref: str) -> Sequence[Version]:
        """All versions of a scene by UUID or name, oldest first."""
        scene = await self._lock(org, ref)
        select = VERSIONS + "WHERE s.id = $1 ORDER BY v.version FOR UPDATE OF v"
        rows = await self._connection.fetch(select, scene) if scene is not None else []
        if not rows:
            raise SceneNotFound(ref, None)
        return [to_version(row) for row in rows]

    async def holding(self, org: str, name: str, digest: str) -> Version | None:
        """The version of a scene that has a digest, if there is one."""
        select = VERSIONS + "WHERE s.org = $1 AND s.name = $2 AND v.digest = $3 FOR SHARE OF v"
        row = await self._connection.fetchrow(select, org, name, digest)
        return None if row is None else to_version(row)

    async def register(
        self,
        org: str,
        name: str,
        file: SceneFile,
        checked: Checked | None = None,
        *,
        scene_id: str,
        created_ns: int,
        actor: str,
    ) -> tuple[Version, bool]:
        """The version that has the file's digest, and whether it is new."""
        ensure = "INSERT INTO scenes (id, org, name) VALUES ($1::text::uuid, $2, $3) ON CONFLICT DO NOTHING"
        await self._connection.execute(ensure, scene_id, org, name)
        # The lock makes the numbering below safe from another registration of the same scene.
        scene = await self._lock(org, name)
        if (held := await self.holding(org, name, file.digest)) is not None:
            return held, False
        insert = """
            INSERT INTO scene_versions (scene, version, digest, file, size, note, created_ns, actor,
                                        uses, model_digest, compiled, warnings, parent)
            SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7,
                   $8::text::json, $9, $10, $11::text::json, max(version) FILTER (WHERE deleted_ns IS NULL)
              FROM scene_versions WHERE scene = $1"""
        what = (file.digest, file.file, file.size, file.note, created_ns, actor, uses_json(file.uses))
        found = (
            (checked.model_digest, checked.compiled, json.dumps(checked.warnings))
            if checked
            else (None, None, "[]")
        )
        await self._connection.execute(insert, scene, *what, *found)
        added = await self.holding(org, name, file.digest)
        assert added is not None, "it was just added"
        return added, True

    async def remove(self, version: Version, *, at_ns: int, actor: str, reason: str) -> None:
        """Delete a version."""
        update = """
            UPDATE scene_versions SET deleted_ns = $3, deleted_by = $4, deleted_reason = $5
             WHERE scene = $1::text::uuid AND version = $2"""
        await self._connection.execute(update, version.scene, version.number, at_ns, actor, reason)

    async def footprint(self, org: str, name: str) -> Footprint:
        """What an organisation has."""
        lock = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
        await self._connection.execute(lock, _SCENES_LOCK, org)
        count = """
            SELECT count(DISTINCT s.id) AS scenes, coalesce(sum(v.size), 0)::bigint AS size,
                   coalesce(bool_or(s.name = $2), false) AS known
              FROM scenes s JOIN scene_versions v ON v.scene = s.id WHERE s.org = $1 AND v.deleted_ns IS NULL"""
        row = await self._connection.fetchrow(count, org, name)
        assert row is not None, "an aggregate has one row"
        return Footprint(row["scenes"], row["size"], row["known"])

    async def using(self, org: str, name: str) -> Sequence[Version]:
        """The newest versions of the organisation's scenes, of those that use a version of this one."""
        newest = """
            WHERE s.org = $1 AND s.name <> $2
              AND v.version = (SELECT max(version) FROM scene_versions n WHERE n.scene = s.id AND n.deleted_ns IS NULL)
              AND EXISTS (SELECT 1 FROM json_array_elements(v.uses) u WHERE u->>1 = $2)
            ORDER BY s.name"""
        return [to_version(row) for row in await self._connection.fetch(VERSIONS + newest, org, name)]

    async def owned(self, org: str, digest: str) -> bool:
        """Whether a version of the organisation is a file with this digest."""
        select = """
            SELECT 1 FROM scene_versions v JOIN scenes s ON s.id = v.scene
             WHERE s.org = $1 AND v.digest = $2 AND v.deleted_ns IS NULL LIMIT 1"""
        return await self._connection.fetchval(select, org, digest) is not None

    async def guard(self, digest: str) -> None:
        """Let others that name or delete this blob wait."""
        lock = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
        await self._connection.execute(lock, _BLOB_LOCK, digest)

    async def removals(self) -> int:
        """The number of the newest removal of a blob before every one that is under way."""
        newest = """
            SELECT coalesce(min(number) FILTER (WHERE NOT ended) - 1, max(number), 0) FROM blob_removals"""
        return int(await self._connection.fetchval(newest))

    async def removed_since(self, removals: int, digest: str) -> bool:
        """Whether a removal is under way, or has begun after the one with this number."""
        select = "SELECT 1 FROM blob_removals WHERE digest = $1 AND (number > $2 OR NOT ended)"
        return await self._connection.fetchval(select, digest, removals) is not None

    async def begin_removal(self, digest: str) -> bool:
        """Note that a blob is about to be removed, unless a version names it."""
        await self.guard(digest)
        select = (
            "SELECT 1 FROM scene_versions WHERE deleted_ns IS NULL AND (digest = $1 OR compiled = $1) LIMIT 1"
        )
        if await self._connection.fetchval(select, digest) is not None:
            return False
        # Numbers become visible in their order, so that who has seen one has seen all before it.
        await self._connection.execute("LOCK TABLE blob_removals IN EXCLUSIVE MODE")
        note = """
            INSERT INTO blob_removals (digest, number, ended) VALUES ($1, nextval('blob_removal_numbers'), false)
            ON CONFLICT (digest) DO UPDATE SET number = excluded.number, ended = false"""
        await self._connection.execute(note, digest)
        return True

    async def end_removal(self, digest: str) -> None:
        """Note that it is removed."""
        await self._connection.execute("UPDATE blob_removals SET ended = true WHERE digest = $1", digest)

    async def propose(self, proposal: Proposal) -> None:
        """Keep a new proposal."""
        insert = """
            INSERT INTO scene_proposals (id, scene, base, uses, created_ns, actor, note)
            VALUES ($1::text::uuid, $2::text::uuid, $3, $4::text::json, $5, $6, $7)"""
        what = (proposal.base, uses_json(proposal.uses), proposal.created_ns, proposal.actor, proposal.note)
        await self._connection.execute(insert, proposal.id, proposal.scene, *what)

    async def proposal(self, org: str, ref: str, proposal: str) -> Proposal:
        """An open proposal for a scene by UUID or name."""
        scene = await self._lock(org, ref)
        if scene is None:
            raise SceneNotFound(ref, None)
        select = PROPOSALS + "WHERE p.scene = $1 AND p.id = $2::text::uuid"
        row = await self._connection.fetchrow(select, scene, proposal) if is_uuid(proposal) else None
        if row is None:
            raise Refused("proposal_not_found", f"scene {ref[:80]!r} has no proposal {proposal[:80]!r}")
        if row["fate"] is not None:
            raise Refused("proposal_closed", f"proposal {proposal} was {row['fate']} before")
        return to_proposal(row)

    async def proposals(self, org: str) -> Sequence[Proposal]:
        """All open proposals of an organisation."""
        select = PROPOSALS + "WHERE s.org = $1 AND p.fate IS NULL ORDER BY p.created_ns, p.id"
        return [to_proposal(row) for row in await self._connection.fetch(select, org)]

    async def close(self, proposal: Proposal, fate: Fate, *, at_ns: int, actor: str, note: str) -> None:
        """Keep what became of an open proposal."""
        update = """
            UPDATE scene_proposals SET fate = $2, closed_ns = $3, closed_by = $4, close_note = $5
             WHERE id = $1::text::uuid AND fate IS NULL"""
        await self._connection.execute(update, proposal.id, fate.value, at_ns, actor, note)

    async def _lock(self, org: str, ref: str) -> object | None:
        """The UUID of a scene that isn't wholly new, locked."""
        which = "id = $2::text::uuid" if is_uuid(ref) else "name = $2"
        lock = f"SELECT id FROM scenes WHERE org = $1 AND {which} FOR UPDATE"  # noqa: S608
        found: object | None = await self._connection.fetchval(lock, org, ref)
        return found
