"""Deleting and checking scene versions, and deciding on those that suggest themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain import scene_view
from api_gateway.domain.caller import Caller
from api_gateway.domain.ports import Parts
from api_gateway.domain.refusals import problem_of
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import json_answer, pending
from api_gateway.handlers.bodies import json_body
from api_gateway.handlers.routes import documented, json_content, routes
from api_gateway.handlers.scene_models import SCENE, VALIDATION, Decide, SceneView, Validate, ValidationView
from api_gateway.handlers.scenes import Number
from twin_schemas.records import (
    ControlRefused,
    DecideSceneProposal,
    DeleteScene,
    SceneValidated,
    ValidateScene,
)

COMMANDS = "control.commands"
_MAX_REF = 200
Deleting = Annotated[Caller, permit("scenes.delete")]
Why = Annotated[str, Query(max_length=1000, description="Why, for the scene's history.")]


def router(parts: Parts) -> APIRouter:
    """Delete, validate, decide."""
    api = routes("scenes")

    @api.delete(
        "/v1/scenes/{ref}",
        summary="Delete a scene with all its versions",
        **documented(None, 404, 409, status=204, pending=True),
    )
    async def delete(ref: str, caller: Deleting, reason: Why = "") -> Response:
        return await _delete(parts, caller, DeleteScene(_named(parts, caller, ref), reason=reason))

    @api.delete(
        "/v1/scenes/{ref}/versions/{number}",
        summary="Delete a scene version",
        **documented(None, 404, 409, status=204, pending=True),
    )
    async def delete_version(ref: str, number: Number, caller: Deleting, reason: Why = "") -> Response:
        command = DeleteScene(_named(parts, caller, ref), version=number, reason=reason)
        return await _delete(parts, caller, command)

    @api.post(
        "/v1/scenes/{ref}/validate",
        summary="Check a scene version against an engine",
        **documented(ValidationView, 404, 409, example=VALIDATION, body=json_content(Validate, {"engine": "mujoco"}),
                     body_required=True, pending=True),
    )  # fmt: skip
    async def validate(
        request: Request, ref: str, caller: Annotated[Caller, permit("scenes.validate")]
    ) -> Response:
        asked, body = await json_body(request, Validate)
        command = ValidateScene(_named(parts, caller, ref), asked.engine, version=asked.version)
        answer = await parts.asking.ask(caller, command, topic=COMMANDS, key=command.scene, body=body)
        if isinstance(answer.record, ControlRefused):
            raise problem_of(answer.record)
        if not isinstance(answer.record, SceneValidated):
            return pending(caller)
        return json_answer(scene_view.validation(answer.record))

    @api.post(
        "/v1/scenes/{ref}/proposals/{proposal}",
        summary="Accept or dismiss a version that suggests itself",
        **documented(SceneView, 404, 409, example=SCENE, body=json_content(Decide, {"accept": True}),
                     body_required=True, pending=True),
    )  # fmt: skip
    async def decide(
        request: Request, ref: str, proposal: str, caller: Annotated[Caller, permit("scenes.upload")]
    ) -> Response:
        asked, body = await json_body(request, Decide)
        command = DecideSceneProposal(
            _named(parts, caller, ref), _short(proposal), asked.accept, note=asked.note
        )
        accepted = await parts.asking.control(caller, command, key=command.scene, body=body)
        entry = accepted and await parts.model.scene_at(accepted.id, accepted.version)
        if not accepted or not entry:
            return pending(caller)
        return json_answer(scene_view.whole(entry))

    return api


async def _delete(parts: Parts, caller: Caller, command: DeleteScene) -> Response:
    accepted = await parts.asking.control(caller, command, key=command.scene)
    if accepted is None or not await parts.model.scene_gone(accepted.id, command.version):
        return pending(caller)
    return Response(None, 204)


def _named(parts: Parts, caller: Caller, ref: str) -> str:
    """The name where it is known, as uploads are keyed by it; otherwise as written: the control plane knows more."""
    if len(ref) > _MAX_REF:
        raise not_found("scene_not_found", ref)
    entry = parts.model.scene(caller.org, ref)
    return ref if entry is None else entry.name


def _short(proposal: str) -> str:
    return proposal[:_MAX_REF]
