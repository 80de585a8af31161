"""Uploading scenes: files are packed, stored by digest, and registered by one command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain import scene_view
from api_gateway.domain.caller import Caller
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.ports import Parts
from api_gateway.domain.scene_store import SceneStore
from api_gateway.errors import FieldError, Problem
from api_gateway.handlers.access import permit
from api_gateway.handlers.answers import json_answer, pending
from api_gateway.handlers.bodies import json_body
from api_gateway.handlers.problems import invalid
from api_gateway.handlers.routes import documented, inlined, json_content, routes
from api_gateway.handlers.scene_intake import JSON, MULTIPART, Intake, Uploads, taken_in, unreachable
from api_gateway.handlers.scene_models import (
    NAME,
    UPLOAD,
    UPLOADED,
    VERSION,
    Announced,
    SceneVersionView,
    Uploaded,
    UploadView,
)
from twin_common.clock import NS_PER_S
from twin_common.errors import StoreUnreachable, TooManyUploads
from twin_common.packages import Limits
from twin_common.turns import Turns
from twin_schemas.records import RegisterSceneVersion, SceneUse

Uploading = Annotated[Caller, permit("scenes.upload")]

AT_ONCE: Final = 16
"""Uploads that one process takes at the same time; one organisation has half of them at most."""

_TEXT: Final = {"type": "string"}
_FILE: Final = {"type": "string", "format": "binary"}
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {**_TEXT, "pattern": NAME, "description": "Scene name."},
        "file": {**_FILE, "description": "One USD file, or one .zip, .tar, .tar.gz or .usdz."},
        "files": {"type": "array", "items": _FILE, "description": "Or files, named by their relative paths."},
        "root": {**_TEXT, "description": "The layer to open, when there are several."},
        "note": {**_TEXT, "maxLength": 2000, "description": "Why there is this version."},
        "uses": {**_TEXT, "description": 'JSON object: {"path inside": "scene@version"}.'},
    },
}
_BODY: Final[dict[str, Any]] = {
    MULTIPART: {"schema": _FORM},
    JSON: {"schema": inlined(Uploaded), "example": UPLOADED},
}
_UPLOAD: Final = documented(
    SceneVersionView, 404, 409, status=201, example=VERSION, body=_BODY, body_required=True, pending=True
)
_UPLOAD["responses"][200] = {**_UPLOAD["responses"][201], "description": "A version has this content already"}


def router(parts: Parts, store: SceneStore) -> APIRouter:
    """Uploads, direct and presigned."""
    api = routes("scenes")
    max_bytes = parts.settings.scene_manager.max_scene_bytes
    files, turns = Uploads(store), Turns(AT_ONCE)

    @api.post(
        "/v1/scenes",
        summary="Upload a scene version",
        **_UPLOAD,
    )
    async def upload(request: Request, caller: Uploading) -> Response:
        if turns.crowded(caller.org):
            raise Problem(
                "unavailable", "as many uploads as may be are under way", headers={"Retry-After": "5"}
            )
        async with turns.turn(caller.org), taken_in(request, caller.org, files, Limits(max_bytes)) as intake:
            command = _command(parts, caller, intake)
            held = _held(parts, caller, command)
            with _store_problems():
                await files.leave(caller.org, intake)
        accepted = await parts.asking.control(caller, command, key=command.name, body=_essence(command))
        if accepted:
            await files.complete(caller.org, intake)
        entry = accepted and await parts.model.scene_at(accepted.id, accepted.version)
        if not accepted or not entry:
            return pending(caller)
        location = f"/v1/scenes/{entry.id}/versions/{accepted.version}"
        body = scene_view.version_of(entry, accepted.version)
        return json_answer(body, 200 if held else 201, {"Location": location})

    @api.post(
        "/v1/scenes/uploads",
        summary="Get a link to upload a large file to",
        **documented(UploadView, example=UPLOAD, body=json_content(Announced, {"digest": "9f" * 32, "size": 4217}),
                     body_required=True),
    )  # fmt: skip
    async def presign(request: Request, caller: Uploading) -> Response:
        asked, _ = await json_body(request, Announced)
        if asked.size > max_bytes:
            raise Problem(
                "scene_too_large",
                f"{asked.size} bytes; a scene file has at most {max_bytes}",
                errors=[FieldError("size", f"must be at most {max_bytes}")],
            )
        expires_ns = parts.clock.now_ns() + parts.settings.api_gateway.presign_s * NS_PER_S
        with _store_problems():
            link = await store.upload(caller.org, asked.digest, asked.size)
        headers = dict(link.headers)
        return json_answer(
            {"url": link.url, "method": "PUT", "headers": headers, "expires_at": rfc3339(expires_ns)}
        )

    return api


@contextmanager
def _store_problems() -> Iterator[None]:
    try:
        yield
    except StoreUnreachable as error:
        raise unreachable(error) from None
    except TooManyUploads as error:
        raise Problem("quota_exceeded", f"{error}; they are swept an hour after they came") from None


def _command(parts: Parts, caller: Caller, intake: Intake) -> RegisterSceneVersion:
    packed = intake.packed
    uses = [_use(parts, caller, path, *use) for path, use in sorted(intake.uses.items())]
    return RegisterSceneVersion(
        intake.name, packed.digest, packed.file, packed.size, note=intake.note, uses=uses
    )


def _use(parts: Parts, caller: Caller, path: str, scene: str, version: int) -> SceneUse:
    entry = parts.model.scene(caller.org, scene)
    found = entry.versions.get(version) if entry is not None else None
    if found is None:
        raise invalid(
            [FieldError(f"uses.{path[:80]}", f"there is no version {version} of scene {scene[:80]!r}")]
        )
    return SceneUse(path=path, scene=scene, version=version, digest=found.digest)


def _held(parts: Parts, caller: Caller, command: RegisterSceneVersion) -> bool:
    """Whether a version has this content already, so that no new one comes of it."""
    entry = parts.model.scene(caller.org, command.name)
    return entry is not None and any(v.digest == command.digest for v in entry.versions.values())


def _essence(command: RegisterSceneVersion) -> bytes:
    """What an idempotency key stands for: the content, however its parts were separated on the way."""
    uses = [[use.path, use.scene, use.version] for use in command.uses]
    return json.dumps([command.name, command.digest, command.file, command.note, uses]).encode()
