"""Reading twins: straight from the read model."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.entries import TwinEntry, TwinFilter
from api_gateway.domain.paging import after_cursor, cursor_after
from api_gateway.domain.ports import Parts
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import JSON, twin_answer
from api_gateway.handlers.examples import TWIN, TWIN_PAGE
from api_gateway.handlers.models import TwinPage, TwinView
from api_gateway.handlers.routes import documented, routes
from twin_schemas.records import Phase

Reading = Annotated[Caller, permit("twins.read")]


def router(parts: Parts) -> APIRouter:
    """The list and the single twin."""
    api = routes("twins")

    @api.get("/v1/twins", summary="List twins", **documented(TwinPage, example=TWIN_PAGE))
    async def twins(
        caller: Reading,
        org: Annotated[
            str | None, Query(description="Your organization; others' twins are never listed.")
        ] = None,
        tag: Annotated[list[str] | None, Query(description="Repeatable: all of them.")] = None,
        engine: Annotated[str | None, Query(description="`mujoco` and the like.")] = None,
        phase: Annotated[Phase | None, Query(description="Only twins in this phase.")] = None,
        status: Annotated[Phase | None, Query(description="Another name of `phase`.")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    ) -> Response:
        wanted = TwinFilter(tuple(tag or ()), engine, phase or status)
        after = after_cursor(cursor)
        own = (org is None or org == caller.org) and (status is None or phase in (None, status))
        found = parts.model.twins(caller.org, wanted, after, limit + 1) if own else ()
        return Response(_page(list(found), limit), media_type=JSON)

    @api.get("/v1/twins/{ref}", summary="Show a twin", **documented(TwinView, 304, 404, example=TWIN))
    async def twin(request: Request, ref: str, caller: Reading) -> Response:
        entry = parts.model.twin(caller.org, ref)
        if entry is None:
            raise not_found("twin_not_found", ref)
        return twin_answer(request, entry)

    return api


def _page(found: list[TwinEntry], limit: int) -> bytes:
    """The page, put together from what each twin keeps ready."""
    more = len(found) > limit
    shown = found[:limit]
    cursor = orjson.dumps(cursor_after(shown[-1].name) if more else None)
    return b'{"items":[' + b",".join(entry.summary for entry in shown) + b'],"next_cursor":' + cursor + b"}"
