"""Whether this process lives and can serve; needs no token and says nothing of anybody's twins."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from api_gateway.domain.ports import Parts
from api_gateway.handlers.routes import routes


def router(parts: Parts) -> APIRouter:
    """`/alive` and `/ready`."""
    api = routes("health")

    @api.get("/alive", summary="Whether the process makes progress")
    async def alive() -> Response:
        stalled = parts.health.stalled()
        return _answer({"alive": not stalled, "stalled_s": stalled}, ok=not stalled)

    @api.get("/ready", summary="Whether the read model has caught up and follows")
    async def ready() -> Response:
        waiting, stalled = parts.health.waiting_for(), parts.health.stalled()
        return _answer(
            {"ready": not waiting and not stalled, "waiting_for": waiting}, ok=not waiting and not stalled
        )

    return api


def _answer(body: dict[str, object], *, ok: bool) -> Response:
    return Response(orjson.dumps(body), 200 if ok else 503, media_type="application/json")
