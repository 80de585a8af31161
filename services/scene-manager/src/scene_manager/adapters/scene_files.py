"""The files of scene versions: fetched from object storage, checked, repacked."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from scene_manager.adapters.checker import Checker, Report
from scene_manager.domain.scene import SceneFile, Use
from scene_manager.domain.scene_check import Checked, is_error, refusal, warnings_of
from scene_manager.errors import Refused
from twin_common.errors import BlobCorrupt, BlobMissing, TooManyUploads
from twin_common.packages import Limits, Member, PackageRefused, Packed, members_of, replace_members
from twin_common.turns import Turns
from twin_schemas.records.scene_finding import SceneFinding


class Bucket(Protocol):
    """Files of blobs and of uploads; see `twin_common.blobs.S3Links`."""

    async def put_file(self, digest: str, path: Path) -> None:
        """Store a file that has this digest, unless it is stored."""
        ...

    async def get_file(self, digest: str, target: Path) -> None:
        """Copy a blob to a file. Raises BlobMissing, BlobCorrupt."""
        ...

    async def delete(self, digest: str) -> None:
        """Remove a blob."""
        ...

    async def leave(self, owner: str, digest: str, path: Path) -> None:
        """Keep a file as an upload. Raises TooManyUploads."""
        ...

    async def fetch(self, owner: str, digest: str, target: Path) -> None:
        """Copy an upload to a file. Raises BlobMissing, BlobCorrupt."""
        ...

    async def forget(self, owner: str, digest: str) -> None:
        """Delete an upload."""
        ...


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """See `scene_manager.domain.scene_ports.SceneFiles`.

    Attributes:
        bucket: for scenes.
        checker: reads what nobody has seen before.
        limits: of packages.
        turns: at having files here.
    """

    bucket: Bucket
    checker: Checker
    limits: Limits
    turns: Turns

    async def examine(self, file: SceneFile, org: str, *, owned: bool) -> Checked:
        """Check a file, then store it and its compiled model as blobs."""
        async with self._workspace(org) as folder:
            path = folder / "scene" / file.file
            stored = owned and await self._blob(file, path)
            if not stored:
                await self._fetch(file, path, partial(self.bucket.fetch, org))
            _check_uses(file, await self._members(path, file, folder))
            model = folder / "model.json"
            report = await self.checker.check(path, model=model)
            if report.model_digest is None or any(map(is_error, report.findings)):
                raise _refused(report)
            compiled = await asyncio.to_thread(_digest, model)
            await self.bucket.put_file(compiled, model)
            if not stored:
                await self.bucket.put_file(file.digest, path)
        return Checked(report.model_digest, compiled, warnings_of(report.findings))

    async def validate(self, file: SceneFile, org: str, engine: str) -> tuple[SceneFinding, ...]:
        """Everything that a check on an engine finds, errors first."""
        async with self._workspace(org) as folder:
            path = folder / "scene" / file.file
            await self._fetch(file, path, self.bucket.get_file)
            return (await self.checker.check(path, engine=engine)).findings

    async def repack(self, base: SceneFile, org: str, uses: Sequence[Use], note: str) -> SceneFile:
        """A package like `base` with these uses in their places, as if the organisation had uploaded it."""
        async with self._workspace(org) as folder:
            path = folder / "scene" / base.file
            await self._fetch(base, path, self.bucket.get_file)
            members = await self._members(path, base, folder)
            news = {
                use.path: await self._used(use, folder / f"use{number}") for number, use in enumerate(uses)
            }
            missing = sorted(news.keys() - {member.name for member in members})
            if missing:
                raise Refused(
                    "invalid_uses", f"{missing[0][:80]}: the package has no such file", field="uses"
                )
            packed: Packed = await asyncio.to_thread(replace_members, members, news, base.file, folder)
            try:
                await self.bucket.leave(org, packed.digest, packed.path)
            except TooManyUploads as error:
                raise Refused("quota_exceeded", f"{error}; try again in an hour") from error
        return replace(base, digest=packed.digest, size=packed.size, uses=tuple(uses), note=note)

    async def forget(self, org: str, digest: str) -> None:
        """Delete an organisation's upload."""
        await self.bucket.forget(org, digest)

    async def remove(self, digest: str) -> None:
        """Delete a blob, if it is there."""
        await self.bucket.delete(digest)

    async def _blob(self, file: SceneFile, path: Path) -> bool:
        try:
            await self._fetch(file, path, self.bucket.get_file)
        except Refused as refused:
            if refused.code != "scene_file_missing":
                raise
            return False
        return True

    async def _fetch(
        self, file: SceneFile, path: Path, fetch: Callable[[str, Path], Awaitable[None]]
    ) -> None:
        """The file, alone in a folder of its own."""
        try:
            await fetch(file.digest, path)
        except BlobMissing as error:
            raise Refused(
                "scene_file_missing", f"{file.file}: nothing is stored under {file.digest}; upload it"
            ) from error
        except BlobCorrupt as error:
            raise Refused("digest_mismatch", f"{file.file}: what was uploaded isn't {file.digest}") from error
        size = (await asyncio.to_thread(path.stat)).st_size
        if size != file.size:
            raise Refused("size_mismatch", f"{file.file} has {size} bytes, not {file.size}")

    async def _members(self, path: Path, file: SceneFile, folder: Path) -> tuple[Member, ...]:
        inside = folder / "members"
        inside.mkdir()
        try:
            return await asyncio.to_thread(members_of, path, file.file, inside, limits=self.limits)
        except PackageRefused as error:
            raise Refused("invalid_scene", f"{file.file}: {error} [{error.code}]") from error

    async def _used(self, use: Use, path: Path) -> Member:
        try:
            await self.bucket.get_file(use.digest, path)
        except BlobMissing as error:
            what = f"version {use.version} of scene {use.scene!r}"
            raise Refused(
                "scene_file_missing", f"{use.path[:80]}: the file of {what} isn't stored any more"
            ) from error
        return await asyncio.to_thread(Member.of, use.path, path)

    @asynccontextmanager
    async def _workspace(self, org: str) -> AsyncIterator[Path]:
        """A folder with an empty one inside, for one turn."""
        async with self.turns.turn(org):
            folder = await asyncio.to_thread(_made)
            try:
                yield Path(folder.name)
            finally:
                await asyncio.to_thread(folder.cleanup)


def _made() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="scene-")
    (Path(folder.name) / "scene").mkdir()
    return folder


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


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
