"""From what is sent to a packed scene file and what it shall become: multipart files, or an upload to complete."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from starlette.requests import Request

from api_gateway.domain.scene_names import name_problems
from api_gateway.domain.scene_store import SceneStore
from api_gateway.errors import FieldError, Problem
from api_gateway.handlers.bodies import json_body, media_type
from api_gateway.handlers.multipart import FilePart, Form, read_form
from api_gateway.handlers.problems import invalid
from api_gateway.handlers.scene_models import Uploaded
from twin_common.errors import BlobCorrupt, BlobMissing, StoreUnreachable
from twin_common.packages import Limits, PackageRefused, Packed, pack_files, pack_upload

MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"
_FIELDS: Final = frozenset({"name", "note", "root", "uses"})
_MAX_NOTE: Final = 2000
_REMEMBERED: Final = 1000
_USE: Final = re.compile(r"([a-z0-9][a-z0-9._-]*)@([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Intake:
    """A packed file and what it shall become.

    Attributes:
        uses: by path inside the package, name and version of the scene that the file there is.
        upload: digest of what was uploaded by link, if it was.
        here: whether the packed file lies on disk; it doesn't when an upload is completed once more.
    """

    packed: Packed
    name: str
    note: str
    uses: Mapping[str, tuple[str, int]]
    upload: str | None = None
    here: bool = True


class Uploads:
    """What organisations have uploaded, in the store.

    A completed upload is deleted; what became of the last ones stays known, so that completing one twice, as after a
    lost answer, is completing it once.
    """

    def __init__(self, store: SceneStore) -> None:
        self._store = store
        self._packed: OrderedDict[tuple[str, str, str, str | None], Packed] = OrderedDict()

    async def fetch(self, org: str, asked: Uploaded, target: Path) -> Packed | None:
        """Copy what was uploaded to a file; or, when that is gone, what it became. Raises BlobMissing, BlobCorrupt."""
        try:
            await self._store.fetch(org, asked.digest, target)
        except BlobMissing:
            if (packed := self._packed.get((org, asked.digest, asked.file, asked.root))) is None:
                raise
            return packed
        return None

    def remember(self, org: str, asked: Uploaded, packed: Packed) -> None:
        """Keep what an upload becomes."""
        self._packed[org, asked.digest, asked.file, asked.root] = replace(packed, members=())
        if len(self._packed) > _REMEMBERED:
            self._packed.popitem(last=False)

    async def leave(self, org: str, intake: Intake) -> None:
        """Keep a packed file for the control plane to register."""
        if intake.here:
            await self._store.leave(org, intake.packed.digest, intake.packed.path)

    async def complete(self, org: str, intake: Intake) -> None:
        """Delete what was uploaded by link, as far as the store answers; else it is swept."""
        if intake.upload is not None:
            with suppress(StoreUnreachable):
                await self._store.forget(org, intake.upload)


@asynccontextmanager
async def taken_in(request: Request, org: str, uploads: Uploads, limits: Limits) -> AsyncIterator[Intake]:
    """What was sent, on disk for as long as the context lasts.

    Raises:
        Problem: it can't be taken; nothing of it is left.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="upload-"))
    try:
        if media_type(request, (MULTIPART, JSON)) == MULTIPART:
            yield await _from_form(request, folder, limits)
        else:
            yield await _from_upload(request, org, uploads, folder, limits)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _from_form(request: Request, folder: Path, limits: Limits) -> Intake:
    form = await read_form(request, await asyncio.to_thread(_made, folder / "parts"))
    problems = [FieldError(name[:80], f"unknown field; known: file, files, {', '.join(sorted(_FIELDS))}")
                for name in sorted(form.fields.keys() - _FIELDS)]  # fmt: skip
    name, note = form.fields.get("name", ""), form.fields.get("note", "")
    problems += [FieldError("name", problem) for problem in name_problems(name)]
    if len(note) > _MAX_NOTE:
        problems.append(FieldError("note", f"has more than {_MAX_NOTE} characters"))
    kinds = {part.field for part in form.files}
    if kinds not in ({"file"}, {"files"}) or (kinds == {"file"} and len(form.files) > 1):
        problems.append(
            FieldError("file", "send one `file` (USD or an archive), or several `files` with their paths")
        )
    if problems:
        raise invalid(problems)
    root = form.fields.get("root") or None
    packed = await _packed(lambda: _pack(form, _made(folder / "packed"), name, root, limits))
    return Intake(packed, name, note, _uses(form.fields.get("uses")))


async def _from_upload(request: Request, org: str, uploads: Uploads, folder: Path, limits: Limits) -> Intake:
    asked, _ = await json_body(request, Uploaded)
    if problems := name_problems(asked.name):
        raise invalid([FieldError("name", problem) for problem in problems])
    upload = folder / "upload"
    try:
        known = await uploads.fetch(org, asked, upload)
    except BlobMissing:
        raise Problem("upload_missing", f"nothing was uploaded under {asked.digest}") from None
    except BlobCorrupt as error:
        raise Problem(
            "digest_mismatch", str(error), errors=[FieldError("digest", "isn't that of the file")]
        ) from None
    except StoreUnreachable as error:
        raise unreachable(error) from None
    if known is not None:
        return Intake(known, asked.name, asked.note, _parsed_uses(asked.uses), asked.digest, here=False)
    size = (await asyncio.to_thread(upload.stat)).st_size
    if size != asked.size:
        raise invalid([FieldError("size", f"the uploaded file has {size} bytes")])
    inside = folder / "packed"
    packed = await _packed(
        lambda: pack_upload(upload, asked.file, _made(inside), root=asked.root, limits=limits)
    )
    uploads.remember(org, asked, packed)
    return Intake(packed, asked.name, asked.note, _parsed_uses(asked.uses), asked.digest)


def unreachable(error: StoreUnreachable) -> Problem:
    """The object store is away; nothing was done."""
    return Problem("unavailable", f"{error}; nothing was done", headers={"Retry-After": "5"})


async def _packed(pack: object) -> Packed:
    assert callable(pack)
    try:
        packed: Packed = await asyncio.to_thread(pack)
    except PackageRefused as refused:
        field = "file" if refused.entry is None else f"file:{refused.entry}"
        raise Problem(refused.code, str(refused), errors=[FieldError(field, str(refused))]) from None
    return packed


def _pack(form: Form, folder: Path, name: str, root: str | None, limits: Limits) -> Packed:
    if form.files[0].field == "file":
        (part,) = form.files
        return pack_upload(part.path, part.filename, folder, root=root, limits=limits)
    return pack_files(_opened(form.files), folder, title=name, root=root, limits=limits)


def _opened(parts: list[FilePart]) -> Iterator[tuple[str, BinaryIO]]:
    for part in parts:
        with part.path.open("rb") as content:
            yield part.filename, content


def _uses(text: str | None) -> dict[str, tuple[str, int]]:
    if not text:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid([FieldError("uses", f"isn't JSON: {error}")]) from None
    if not isinstance(given, dict):
        raise invalid([FieldError("uses", "is an object: path inside the upload to `scene@version`")])
    return _parsed_uses(given)


def _parsed_uses(given: Mapping[str, object]) -> dict[str, tuple[str, int]]:
    uses = {}
    for path, use in given.items():
        match = _USE.fullmatch(use) if isinstance(use, str) else None
        if match is None:
            raise invalid([FieldError(f"uses.{path[:80]}", "isn't `scene@version`, such as `gripper@3`")])
        uses[path] = (match[1], int(match[2]))
    return uses


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
