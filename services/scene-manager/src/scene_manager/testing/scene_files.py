"""Scene files that are all good, and there until they are deleted, for tests of everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from scene_manager.domain.scene import SceneFile, Use
from scene_manager.domain.scene_check import Checked
from scene_manager.errors import Refused
from twin_schemas.records.scene_finding import SceneFinding


class TrustingFiles:
    """See `scene_manager.domain.scene_ports.SceneFiles`.

    Everybody has uploaded everything, unless `strict`.

    Attributes:
        bad: digests of files that can't be simulated.
        removed: digests of blobs that were deleted, in order.
        gone: of these, the blobs that weren't stored again; take a digest out to upload its file once more.
        uploads: by organisation and digest, for those who are strict.
        forgotten: uploads that were deleted, by organisation and digest.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.bad: set[str] = set()
        self.removed: list[str] = []
        self.gone: set[str] = set()
        self.strict = strict
        self.uploads: set[tuple[str, str]] = set()
        self.forgotten: list[tuple[str, str]] = []

    async def examine(self, file: SceneFile, org: str, *, owned: bool) -> Checked:
        """Good, unless it was deleted or is known to be bad; its compiled model is stored."""
        missing = self.strict and not owned and (org, file.digest) not in self.uploads
        if missing or file.digest in self.gone:
            raise Refused(
                "scene_file_missing", f"{file.file}: nothing is stored under {file.digest}; upload it"
            )
        if file.digest in self.bad:
            raise Refused("invalid_scene", "/World: it is bad [bad]. Make it better.")
        digest = sha256(file.digest.encode()).hexdigest()
        self.gone.discard(digest)
        return Checked(digest, digest, (f"{file.file}: something is left out [left_out]",))

    async def validate(self, file: SceneFile, org: str, engine: str) -> tuple[SceneFinding, ...]:
        """One warning, and an error for what is known to be bad."""
        warning = SceneFinding("warning", "left_out", "/World", f"{engine} leaves something out")
        error = SceneFinding("error", "bad", "/World", "it is bad", remedy="Make it better.")
        return (error, warning) if file.digest in self.bad else (warning,)

    async def repack(self, base: SceneFile, org: str, uses: Sequence[Use], note: str) -> SceneFile:
        """A file with a digest that follows from what it is made of."""
        what = "/".join([base.digest, *(use.digest for use in uses)])
        digest = sha256(what.encode()).hexdigest()
        self.gone.discard(digest)
        self.uploads.add((org, digest))
        return replace(base, digest=digest, uses=tuple(uses), note=note)

    async def forget(self, org: str, digest: str) -> None:
        """Note it."""
        self.forgotten.append((org, digest))
        self.uploads.discard((org, digest))

    async def remove(self, digest: str) -> None:
        """Note it."""
        self.removed.append(digest)
        self.gone.add(digest)
