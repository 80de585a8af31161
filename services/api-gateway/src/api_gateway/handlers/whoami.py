"""Who the caller is, and what they may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.ports import Parts
from api_gateway.handlers.access import known
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.examples import WHOAMI
from api_gateway.handlers.models import WhoAmI
from api_gateway.handlers.routes import documented, routes


def router(parts: Parts) -> APIRouter:
    """`/v1/whoami`."""
    api = routes("identity")

    @api.get("/v1/whoami", summary="Who the token belongs to", **documented(WhoAmI, example=WHOAMI))
    async def whoami(caller: Annotated[Caller, known()]) -> Response:
        principal = caller.principal
        return json_answer(
            {
                "actor": principal.actor,
                "organization": principal.org,
                "role": principal.role,
                "permissions": sorted(principal.permissions),
            }
        )

    return api
