"""What became of a command."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.commands import CommandLog, command_view
from api_gateway.domain.ports import Parts
from api_gateway.handlers.access import permit
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.examples import COMMAND
from api_gateway.handlers.models import CommandView
from api_gateway.handlers.routes import documented, routes


def router(parts: Parts, log: CommandLog) -> APIRouter:
    """`/v1/commands/{id}`."""
    api = routes("commands")

    @api.get(
        "/v1/commands/{id}",
        summary="What became of a command",
        description="Of the last hour. `unknown`: no such command of your organization.",
        **documented(CommandView, example=COMMAND),
    )
    async def command(id: uuid.UUID, caller: Annotated[Caller, permit("twins.read")]) -> Response:  # noqa: A002
        name = str(id)
        return json_answer(command_view(name, await log.find(caller.org, name)))

    return api
