"""Changing twins: each request becomes one command, and its answer shows what the command made.

The control plane audits what it does and refuses, whoever asked; only what ends here is audited here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.matching import expected_revision
from api_gateway.domain.ports import Parts
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import pending, twin_answer
from api_gateway.handlers.bodies import json_body, json_object, media_type, raw_body
from api_gateway.handlers.creation import CREATE_BODY, command_of
from api_gateway.handlers.examples import TWIN
from api_gateway.handlers.models import Reason, TwinView
from api_gateway.handlers.routes import documented, json_content, routes
from twin_schemas.record import Record
from twin_schemas.records import CreateTwin, DeleteTwin, StartTwin, StopTwin, UpdateTwin

MERGE_PATCH = "application/merge-patch+json"
_MAX_REF = 200
Why = Annotated[str, Query(max_length=2000, description="Why, for the twin's history.")]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The newest of a new scene, if unset.")]
_patch = {"tags": ["arm", "east"], "sync": {"latency_budget_ms": 30}}
_PATCH_BODY = {
    kind: {"schema": {"type": "object"}, "example": _patch} for kind in (MERGE_PATCH, "application/json")
}
_REASON_BODY = json_content(Reason, {"reason": "shift begins"})


def router(parts: Parts) -> APIRouter:
    """Create, patch, delete, start, stop."""
    api = routes("twins")

    @api.post(
        "/v1/twins",
        summary="Create a twin",
        **documented(
            TwinView, 409, 412, status=201, example=TWIN, body=CREATE_BODY, body_required=True, pending=True
        ),
    )
    async def create(
        request: Request,
        caller: Annotated[Caller, permit("twins.create")],
        scene: Annotated[str | None, Query(description="Scene name.")] = None,
        scene_version: Version = None,
        reason: Why = "",
    ) -> Response:
        command, name, body = await command_of(
            request, CreateTwin("", scene or "", scene_version=scene_version, reason=reason)
        )
        accepted = await parts.asking.control(caller, command, key=name, body=body)
        entry = accepted and await parts.model.twin_at(accepted.id, accepted.version)
        if not accepted or not entry:
            return pending(caller)
        return twin_answer(request, entry, 201, {"Location": f"/v1/twins/{entry.id}"})

    @api.patch(
        "/v1/twins/{ref}",
        summary="Change a twin's definition",
        **documented(
            TwinView, 404, 409, 412, example=TWIN, body=_PATCH_BODY, body_required=True, pending=True
        ),
    )
    async def patch(
        request: Request,
        ref: str,
        caller: Annotated[Caller, permit("twins.update")],
        scene: Annotated[str | None, Query(description="Another scene's name.")] = None,
        scene_version: Version = None,
        reason: Why = "",
    ) -> Response:
        body = await raw_body(request)
        media_type(request, (MERGE_PATCH, "application/json"))
        json_object(body)
        twin = _named(parts, caller, ref)
        expected = expected_revision(request.headers.get("if-match"))
        command = UpdateTwin(
            twin,
            body.decode(),
            scene=scene,
            scene_version=scene_version,
            expected_revision=expected,
            reason=reason,
        )
        return await _changed(parts, request, caller, twin, command, body)

    @api.post(
        "/v1/twins/{ref}/start",
        summary="Start a twin",
        **documented(TwinView, 404, 409, 412, example=TWIN, body=_REASON_BODY, pending=True),
    )
    async def start(request: Request, ref: str, caller: Annotated[Caller, permit("twins.start")]) -> Response:
        why, body = await json_body(request, Reason)
        twin = _named(parts, caller, ref)
        expected = expected_revision(request.headers.get("if-match"))
        command = StartTwin(twin, expected_revision=expected, reason=why.reason)
        return await _changed(parts, request, caller, twin, command, body)

    @api.post(
        "/v1/twins/{ref}/stop",
        summary="Stop a twin",
        **documented(TwinView, 404, 409, 412, example=TWIN, body=_REASON_BODY, pending=True),
    )
    async def stop(request: Request, ref: str, caller: Annotated[Caller, permit("twins.stop")]) -> Response:
        why, body = await json_body(request, Reason)
        twin = _named(parts, caller, ref)
        expected = expected_revision(request.headers.get("if-match"))
        command = StopTwin(twin, expected_revision=expected, reason=why.reason)
        return await _changed(parts, request, caller, twin, command, body)

    @api.delete(
        "/v1/twins/{ref}",
        summary="Delete a twin and what hangs on it",
        **documented(None, 404, 409, 412, status=204, pending=True),
    )
    async def delete(
        request: Request, ref: str, caller: Annotated[Caller, permit("twins.delete")], reason: Why = ""
    ) -> Response:
        twin = _named(parts, caller, ref)
        expected = expected_revision(request.headers.get("if-match"))
        command = DeleteTwin(twin, expected_revision=expected, reason=reason)
        accepted = await parts.asking.control(caller, command, key=twin)
        if accepted is None or not await parts.model.twin_gone(accepted.id):
            return pending(caller)
        return Response(None, 204)

    return api


def _named(parts: Parts, caller: Caller, ref: str) -> str:
    """The UUID where it is known; otherwise as written, since another process may just have created it: whether it
    is there is for the control plane to say, which takes as long for another organisation's as for none.
    """
    if len(ref) > _MAX_REF:
        raise not_found("twin_not_found", ref)
    entry = parts.model.twin(caller.org, ref)
    return ref if entry is None else entry.id


async def _changed(
    parts: Parts, request: Request, caller: Caller, twin: str, command: Record, body: bytes
) -> Response:
    accepted = await parts.asking.control(caller, command, key=twin, body=body)
    entry = accepted and await parts.model.twin_at(accepted.id, accepted.version)
    if not accepted or not entry:
        return pending(caller)
    return twin_answer(request, entry)
