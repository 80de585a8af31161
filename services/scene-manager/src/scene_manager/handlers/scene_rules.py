"""What commands about scenes are decided by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.ports import Transaction, UnitOfWork
from scene_manager.domain.scene import Version, is_digest, is_scene_reference
from scene_manager.domain.scene_ports import Footprint, SceneFiles
from scene_manager.errors import Refused, SceneNotFound


@dataclass(frozen=True, slots=True)
class SceneRules:
    """What the deployment allows of scenes, and where they lie.

    Attributes:
        max_bytes: larger scene files are refused.
        max_scenes: of one organisation.
        max_total_bytes: of all versions of one organisation.
        engines: that a scene can be validated against.
        files: the files of scene versions.
        work: for looking before anything is decided.
    """

    max_bytes: int
    max_scenes: int
    max_total_bytes: int
    engines: EnginePolicy
    files: SceneFiles
    work: UnitOfWork

    def check_room(self, org: str, has: Footprint, size: int) -> None:
        """Accept one more version.

        Raises:
            Refused: `quota_exceeded`.
        """
        ask = "delete what isn't used, or ask who runs this deployment for more"
        if not has.known and has.scenes >= self.max_scenes:
            raise Refused(
                "quota_exceeded",
                f"organization {org!r} has {has.scenes} scenes and may have {self.max_scenes} (quotas.scenes); {ask}",
            )
        if has.size + size > self.max_total_bytes:
            raise Refused(
                "quota_exceeded",
                f"the scene versions of organization {org!r} have {has.size} bytes and may have {self.max_total_bytes} "
                f"(quotas.scene_bytes); {ask}",
            )

    async def owned(self, org: str, digest: str) -> bool:
        """Whether a version of the organisation is a file with this digest."""
        found: list[bool] = []

        async def look(tx: Transaction) -> None:
            found.append(await tx.scenes.owned(org, digest))

        await self.work.apply(look)
        return found[-1]

    async def forget(self, org: str, digest: str) -> None:
        """Delete an upload that is a version by now."""
        if is_digest(digest) and await self.owned(org, digest):
            await self.files.forget(org, digest)


async def versions_of(tx: Transaction, org: str, ref: str) -> Sequence[Version]:
    """All versions of a scene, oldest first.

    Raises:
        SceneNotFound: there is none.
    """
    if not is_scene_reference(ref):
        raise SceneNotFound(ref, None)
    return await tx.scenes.versions(org, ref)


async def chosen(tx: Transaction, org: str, ref: str, number: int | None) -> Version:
    """A version of a scene; the newest for None.

    Raises:
        SceneNotFound: there is none.
    """
    versions = await versions_of(tx, org, ref)
    for version in reversed(versions):
        if number is None or version.number == number:
            return version
    raise SceneNotFound(versions[-1].name, number)
