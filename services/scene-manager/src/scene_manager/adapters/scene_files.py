"""The files of scene versions: fetched from object storage, checked, repacked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scene_manager.adapters.checker import Checker, Report
from scene_manager.domain.scene import SceneFile, Use
from scene_manager.domain.scene_check import Checked, is_error, refusal, warnings_of
from scene_manager.errors import Refused
from twin_common.blobs.api import BlobStore
from twin_common.errors import BlobCorrupt, BlobMissing
from twin_common.packages import Limits, Member, PackageRefused, Packed, members_of, replace_members
from twin_schemas.records.scene_finding import SceneFinding


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """See `scene_manager.domain.scene_ports.SceneFiles`.

    Attributes:
        blobs: the bucket for scenes.
        checker: reads what nobody has seen before.
        limits: of packages.
    """

    blobs: BlobStore
    checker: Checker
    limits: Limits

    async def examine(self, file: SceneFile) -> Checked:
        """Check a file and keep its compiled model."""
        with _workspace() as folder:
            path = await self._fetch(file, folder)
            _check_uses(file, await self._members(path, file, folder))
            model = folder / "model.json"
            report = await self.checker.check(path, model=model)
            if report.model_digest is None or any(map(is_error, report.findings)):
                raise _refused(report)
            compiled = await self.blobs.put(await asyncio.to_thread(model.read_bytes))
        return Checked(report.model_digest, compiled, warnings_of(report.findings))

    async def validate(self, file: SceneFile, engine: str) -> tuple[SceneFinding, ...]:
        """Everything that a check on an engine finds, errors first."""
        with _workspace() as folder:
            return (await self.checker.check(await self._fetch(file, folder), engine=engine)).findings

    async def repack(self, base: SceneFile, uses: Sequence[Use], note: str) -> SceneFile:
        """A package like `base` with these uses in their places, stored."""
        with _workspace() as folder:
            members = await self._members(await self._fetch(base, folder), base, folder)
            news = {
                use.path: await self._used(use, folder / f"use{number}") for number, use in enumerate(uses)
            }
            missing = sorted(news.keys() - {member.name for member in members})
            if missing:
                raise Refused(
                    "invalid_uses", f"{missing[0][:80]}: the package has no such file", field="uses"
                )
            packed: Packed = await asyncio.to_thread(replace_members, members, news, base.file, folder)
            content = await asyncio.to_thread(packed.path.read_bytes)
        digest = await self.blobs.put(content)
        return replace(base, digest=digest, size=packed.size, uses=tuple(uses), note=note)

    async def there(self, digest: str) -> bool:
        """Whether a blob is stored."""
        return await self.blobs.exists(digest)

    async def remove(self, digest: str) -> None:
        """Delete a blob, if it is there."""
        await self.blobs.delete(digest)

    async def _fetch(self, file: SceneFile, folder: Path) -> Path:
        """The file, alone in a folder of its own."""
        try:
            content = await self.blobs.get(file.digest)
        except BlobMissing as error:
            raise Refused(
                "scene_file_missing", f"{file.file}: nothing is stored under {file.digest}; upload it"
            ) from error
        except BlobCorrupt as error:
            raise Refused("digest_mismatch", f"{file.file}: what was uploaded isn't {file.digest}") from error
        if len(content) != file.size:
            raise Refused("size_mismatch", f"{file.file} has {len(content)} bytes, not {file.size}")
        path = folder / "scene" / file.file
        path.parent.mkdir()
        await asyncio.to_thread(path.write_bytes, content)
        return path

    async def _members(self, path: Path, file: SceneFile, folder: Path) -> tuple[Member, ...]:
        inside = folder / "members"
        inside.mkdir()
        try:
            return await asyncio.to_thread(members_of, path, file.file, inside, limits=self.limits)
        except PackageRefused as error:
            raise Refused("invalid_scene", f"{file.file}: {error} [{error.code}]") from error

    async def _used(self, use: Use, path: Path) -> Member:
        try:
            content = await self.blobs.get(use.digest)
        except BlobMissing as error:
            what = f"version {use.version} of scene {use.scene!r}"
            raise Refused(
                "scene_file_missing", f"{use.path[:80]}: the file of {what} isn't stored any more"
            ) from error
        await asyncio.to_thread(path.write_bytes, content)
        return Member.of(use.path, path)


@contextmanager
def _workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="scene-") as folder:
        yield Path(folder)


def _check_uses(file: SceneFile, members: Sequence[Member]) -> None:
    digests = {member.name: member.digest for member in members}
    for use in file.uses:
        if digests.get(use.path) != use.digest:
            what = "isn't" if use.path in digests else "isn't in the package, so it can't be"
            raise Refused(
                "invalid_uses",
                f"{use.path[:80]} {what} version {use.version} of scene {use.scene!r}",
                field="uses",
            )


def _refused(report: Report) -> Refused:
    errors = [found for found in report.findings if is_error(found)]
    return (
        refusal(errors[0]) if errors else Refused("invalid_scene", "the scene: nothing could be read of it")
    )
