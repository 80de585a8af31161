"""What the handlers ask about scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scene_manager.domain.scene import PinnedScene, SceneFile, Use, Version
from scene_manager.domain.scene_check import Checked
from scene_manager.domain.scene_proposal import Fate, Proposal
from twin_schemas.records.scene_finding import SceneFinding


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an organisation has of scenes.

    Attributes:
        scenes: their number.
        size: bytes of all versions.
        known: whether the scene in question is among them.
    """

    scenes: int
    size: int
    known: bool


class Scenes(Protocol):
    """The scenes and their versions. Deleted ones are never given."""

    async def pin(self, org: str, name: str, version: int | None) -> PinnedScene:
        """A version of an organisation's scene; the newest for None. It isn't deleted until this transaction ends.

        Raises:
            SceneNotFound: there is none.
        """
        ...

    async def versions(self, org: str, ref: str) -> Sequence[Version]:
        """All versions of a scene by UUID or name, oldest first; nobody else changes it until this transaction ends.

        Raises:
            SceneNotFound: there is none.
        """
        ...

    async def holding(self, org: str, name: str, digest: str) -> Version | None:
        """The version of a scene that has a digest, if there is one."""
        ...

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
        """The version that has the file's digest, and whether it is new.

        `scene_id` is for the scene if the organisation had none of this name yet.
        """
        ...

    async def remove(self, version: Version, *, at_ns: int, actor: str, reason: str) -> None:
        """Delete a version; who did it and why stays in the table."""
        ...

    async def footprint(self, org: str, name: str) -> Footprint:
        """What an organisation has; nobody registers in its name until this transaction ends."""
        ...

    async def using(self, org: str, name: str) -> Sequence[Version]:
        """The newest versions of the organisation's scenes, of those that use a version of this one."""
        ...

    async def owned(self, org: str, digest: str) -> bool:
        """Whether a version of the organisation is a file with this digest."""
        ...

    async def guard(self, digest: str) -> None:
        """Let others that name or delete this blob wait until this transaction ends."""
        ...

    async def removals(self) -> int:
        """The number of the newest removal of a blob before every one that is under way."""
        ...

    async def removed_since(self, removals: int, digest: str) -> bool:
        """Whether a removal of a guarded blob is under way, or has begun after the one with this number."""
        ...

    async def begin_removal(self, digest: str) -> bool:
        """Note that a blob is about to be removed, unless a version of any organisation names it."""
        ...

    async def end_removal(self, digest: str) -> None:
        """Note that it is removed."""
        ...

    async def propose(self, proposal: Proposal) -> None:
        """Keep a new proposal; its scene has no open one."""
        ...

    async def proposal(self, org: str, ref: str, proposal: str) -> Proposal:
        """An open proposal for a scene by UUID or name.

        Raises:
            SceneNotFound: there is no such scene.
            Refused: `proposal_not_found`, or `proposal_closed` when somebody decided already.
        """
        ...

    async def proposals(self, org: str) -> Sequence[Proposal]:
        """All open proposals of an organisation."""
        ...

    async def close(self, proposal: Proposal, fate: Fate, *, at_ns: int, actor: str, note: str) -> None:
        """Keep what became of an open proposal."""
        ...


class SceneFiles(Protocol):
    """The files of scene versions, in object storage by digest, and what organisations have uploaded.

    Raises (every method):
        Retryable: the object store doesn't answer.
    """

    async def examine(self, file: SceneFile, org: str, *, owned: bool) -> Checked:
        """Check a file that an organisation has uploaded, and store it and its compiled model as blobs.

        Args:
            file: named by its digest.
            org: whose upload it is.
            owned: a version of the organisation is this file, so that it is stored already.

        Raises:
            Refused: it isn't there, isn't what it is said to be, or can't be simulated.
        """
        ...

    async def validate(self, file: SceneFile, org: str, engine: str) -> tuple[SceneFinding, ...]:
        """Everything that a check on an engine finds, errors first.

        Raises:
            Refused: `scene_file_missing`.
        """
        ...

    async def repack(self, base: SceneFile, org: str, uses: Sequence[Use], note: str) -> SceneFile:
        """A package like `base` with these uses in their places, as if the organisation had uploaded it.

        Raises:
            Refused: a file is missing, or doesn't fit into its place.
        """
        ...

    async def forget(self, org: str, digest: str) -> None:
        """Delete an organisation's upload, if it is there."""
        ...

    async def remove(self, digest: str) -> None:
        """Delete a blob, if it is there."""
        ...
