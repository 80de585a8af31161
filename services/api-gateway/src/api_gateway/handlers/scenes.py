"""Reading scenes: straight from the read model, and links to their files."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import RedirectResponse, Response

from api_gateway.domain import scene_view
from api_gateway.domain.caller import Caller
from api_gateway.domain.entries import SceneEntry
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.paging import after_cursor, cursor_after
from api_gateway.domain.ports import Parts
from api_gateway.domain.scene_store import SceneStore
from api_gateway.errors import Problem
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.routes import documented, routes
from api_gateway.handlers.scene_intake import unreachable
from api_gateway.handlers.scene_models import (
    DOWNLOAD,
    PAGE,
    SCENE,
    VERSION,
    DownloadView,
    ScenePage,
    SceneVersionView,
    SceneView,
)
from twin_common.clock import NS_PER_S
from twin_common.errors import BlobMissing, StoreUnreachable
from twin_schemas.records import SceneVersion

Reading = Annotated[Caller, permit("scenes.read")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a version.")]


def router(parts: Parts, store: SceneStore) -> APIRouter:
    """The list, the single scene, its versions and their files."""
    api = routes("scenes")

    @api.get("/v1/scenes", summary="List scenes", **documented(ScenePage, example=PAGE))
    async def scenes(
        caller: Reading,
        name: Annotated[str | None, Query(description="Only the scene of this name.")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    ) -> Response:
        found = list(parts.model.scenes(caller.org, after_cursor(cursor), limit + 1, name))
        shown = found[:limit]
        after = cursor_after(shown[-1].name) if len(found) > limit else None
        return json_answer({"items": [scene_view.summary(each) for each in shown], "next_cursor": after})

    @api.get("/v1/scenes/{ref}", summary="Show a scene", **documented(SceneView, 404, example=SCENE))
    async def scene(ref: str, caller: Reading) -> Response:
        return json_answer(scene_view.whole(entry_of(parts, caller, ref)))

    @api.get(
        "/v1/scenes/{ref}/versions/{number}",
        summary="Show a scene version",
        **documented(SceneVersionView, 404, example=VERSION),
    )
    async def version(ref: str, number: Number, caller: Reading) -> Response:
        entry = entry_of(parts, caller, ref)
        return json_answer(scene_view.version_of(entry, _version(entry, number).version))

    @api.get(
        "/v1/scenes/{ref}/download",
        summary="Get a link to a scene's file",
        **documented(DownloadView, 307, 404, 410, example=DOWNLOAD),
    )
    async def download(
        ref: str,
        caller: Reading,
        version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The newest if unset.")] = None,
        kind: Annotated[
            Literal["source", "compiled"],
            Query(alias="as", description="The USD file, or the compiled scene model."),
        ] = "source",
        redirect: Annotated[bool, Query(description="Answer 307 with the link in Location.")] = False,
    ) -> Response:
        entry = entry_of(parts, caller, ref)
        digest, file = _file(entry, _version(entry, version), kind)
        try:
            size = await store.size(digest)
        except BlobMissing:
            raise Problem("gone", f"the file {file} isn't stored any more; upload it again") from None
        except StoreUnreachable as error:
            raise unreachable(error) from None
        url = store.download(digest, file)
        if redirect:
            return RedirectResponse(url, 307)
        expires_ns = parts.clock.now_ns() + parts.settings.api_gateway.presign_s * NS_PER_S
        link = {"url": url, "expires_at": rfc3339(expires_ns), "digest": digest, "file": file, "size": size}
        return json_answer(link)

    return api


def entry_of(parts: Parts, caller: Caller, ref: str) -> SceneEntry:
    """The caller's scene.

    Raises:
        Problem: `scene_not_found`.
    """
    entry = parts.model.scene(caller.org, ref)
    if entry is None:
        raise not_found("scene_not_found", ref)
    return entry


def _version(entry: SceneEntry, number: int | None) -> SceneVersion:
    if number is None:
        return entry.latest
    found = entry.versions.get(number)
    if found is None:
        raise Problem("scene_not_found", f"scene {entry.name!r} has no version {number}")
    return found


def _file(entry: SceneEntry, version: SceneVersion, kind: str) -> tuple[str, str]:
    if kind == "source":
        return version.digest, version.file
    if version.compiled is None:
        raise Problem("gone", f"version {version.version} of scene {entry.name!r} has no compiled model")
    return version.compiled, f"{entry.name}-{version.version}.json"
