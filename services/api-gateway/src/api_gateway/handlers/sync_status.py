"""Synchronisation health of a twin."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.ports import Parts
from api_gateway.domain.sync_view import sync_view
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.examples import SYNC
from api_gateway.handlers.models import SyncView
from api_gateway.handlers.routes import documented, routes


def router(parts: Parts) -> APIRouter:
    """`/v1/twins/{ref}/sync/status`."""
    api = routes("sync")

    @api.get(
        "/v1/twins/{ref}/sync/status",
        summary="Sources, latency, innovation",
        **documented(SyncView, 404, example=SYNC),
    )
    async def status(ref: str, caller: Annotated[Caller, permit("twins.read")]) -> Response:
        entry = parts.model.twin(caller.org, ref)
        if entry is None:
            raise not_found("twin_not_found", ref)
        return json_answer(sync_view(entry, parts.clock.now_ns()))

    return api
