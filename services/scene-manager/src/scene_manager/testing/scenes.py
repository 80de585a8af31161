"""Scenes over the tables in memory, where one transaction runs at a time."""

from __future__ import annotations

from collections.abc import Sequence

from scene_manager.domain.scene import PinnedScene, SceneFile, Version
from scene_manager.domain.scene_check import Checked
from scene_manager.domain.scene_ports import Footprint
from scene_manager.domain.scene_proposal import Fate, Proposal
from scene_manager.errors import Refused, SceneNotFound
from scene_manager.testing.store import Tables


class MemoryScenes:
    """See `scene_manager.domain.scene_ports.Scenes`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def pin(self, org: str, name: str, version: int | None) -> PinnedScene:
        """A version of an organisation's scene; the newest for None."""
        for known in reversed(self._tables.versions.get((org, name), ())):
            if version is None or known.number == version:
                return known.pin
        raise SceneNotFound(name, version)

    async def versions(self, org: str, ref: str) -> Sequence[Version]:
        """All versions of a scene by UUID or name, oldest first."""
        versions = self._tables.versions.get((org, self._name(org, ref)))
        if not versions:
            raise SceneNotFound(ref, None)
        return versions

    async def holding(self, org: str, name: str, digest: str) -> Version | None:
        """The version of a scene that has a digest, if there is one."""
        held = self._tables.versions.get((org, name), ())
        return next((version for version in held if version.file.digest == digest), None)

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
        if (held := await self.holding(org, name, file.digest)) is not None:
            return held, False
        versions = self._tables.versions.get((org, name), ())
        scene, last = self._tables.numbered.get((org, name), (scene_id, 0))
        parent = versions[-1].number if versions else None
        version = Version(scene, org, name, last + 1, file, created_ns, actor, parent, checked)
        self._tables.versions[org, name] = (*versions, version)
        self._tables.numbered[org, name] = (scene, last + 1)
        return version, True

    async def remove(self, version: Version, *, at_ns: int, actor: str, reason: str) -> None:
        """Delete a version; its history is kept in PostgreSQL only."""
        key = version.org, version.name
        self._tables.versions[key] = tuple(
            v for v in self._tables.versions[key] if v.number != version.number
        )

    async def footprint(self, org: str, name: str) -> Footprint:
        """What an organisation has."""
        mine = {
            key: versions for key, versions in self._tables.versions.items() if key[0] == org and versions
        }
        size = sum(version.file.size for versions in mine.values() for version in versions)
        return Footprint(len(mine), size, (org, name) in mine)

    async def using(self, org: str, name: str) -> Sequence[Version]:
        """The newest versions of the organisation's scenes, of those that use a version of this one."""
        newest = [
            held[-1] for (owner, _), held in sorted(self._tables.versions.items()) if owner == org and held
        ]
        users = [version for version in newest if version.name != name]
        return [version for version in users if any(use.scene == name for use in version.file.uses)]

    async def owned(self, org: str, digest: str) -> bool:
        """Whether a version of the organisation is a file with this digest."""
        mine = (held for (owner, _), held in self._tables.versions.items() if owner == org)
        return any(version.file.digest == digest for held in mine for version in held)

    async def guard(self, digest: str) -> None:
        """Nobody else is in a transaction."""

    async def removals(self) -> int:
        """The number of the newest removal of a blob before every one that is under way."""
        under_way = [number - 1 for number, ended in self._tables.removals.values() if not ended]
        return min(under_way) if under_way else self._newest()

    async def removed_since(self, removals: int, digest: str) -> bool:
        """Whether a removal is under way, or has begun after the one with this number."""
        number, ended = self._tables.removals.get(digest, (0, True))
        return number > removals or not ended

    async def begin_removal(self, digest: str) -> bool:
        """Note that a blob is about to be removed, unless a version names it."""
        versions = [version for held in self._tables.versions.values() for version in held]
        if any(digest in (v.file.digest, v.checked and v.checked.compiled) for v in versions):
            return False
        self._tables.removals[digest] = (self._newest() + 1, False)
        return True

    async def end_removal(self, digest: str) -> None:
        """Note that it is removed."""
        number, _ = self._tables.removals[digest]
        self._tables.removals[digest] = (number, True)

    async def propose(self, proposal: Proposal) -> None:
        """Keep a new proposal."""
        assert not any(
            p.scene == proposal.scene and fate is None for p, fate in self._tables.proposals.values()
        )
        self._tables.proposals[proposal.id] = (proposal, None)

    async def proposal(self, org: str, ref: str, proposal: str) -> Proposal:
        """An open proposal for a scene by UUID or name."""
        name = self._name(org, ref)
        if (org, name) not in self._tables.numbered:
            raise SceneNotFound(ref, None)
        found, fate = self._tables.proposals.get(proposal, (None, None))
        if found is None or (found.org, found.name) != (org, name):
            raise Refused("proposal_not_found", f"scene {ref[:80]!r} has no proposal {proposal[:80]!r}")
        if fate is not None:
            raise Refused("proposal_closed", f"proposal {proposal} was {fate} before")
        return found

    async def proposals(self, org: str) -> Sequence[Proposal]:
        """All open proposals of an organisation."""
        return [each for each, fate in self._tables.proposals.values() if each.org == org and fate is None]

    async def close(self, proposal: Proposal, fate: Fate, *, at_ns: int, actor: str, note: str) -> None:
        """Keep what became of an open proposal."""
        self._tables.proposals[proposal.id] = (proposal, fate)

    def _newest(self) -> int:
        return max((number for number, _ in self._tables.removals.values()), default=0)

    def _name(self, org: str, ref: str) -> str:
        named = (
            name
            for (owner, name), (scene, _) in self._tables.numbered.items()
            if owner == org and scene == ref
        )
        return next(named, ref)
