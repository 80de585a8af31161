"""A twin's journal: everything that ever influenced it, as far as it is kept."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.history import History, Told
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.ports import Parts
from api_gateway.errors import FieldError
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.models import ProblemView
from api_gateway.handlers.problems import MEDIA_TYPE, invalid
from api_gateway.handlers.routes import documented, inlined, routes
from twin_schemas.catalogue import topic
from twin_schemas.jsonform import to_json

TYPES: Final = topic("sim.journal").types
_LONGEST: Final = 2**63 - 1
_ONE_OF: Final = f"^({'|'.join(TYPES)})$"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class JournalRecord(BaseModel):
    """One record of a journal."""

    offset: int
    at: str = Field(description="When it was appended.")
    type: str | None
    record: dict[str, Any] | None = Field(description="Its fields; none: it can't be read.")
    error: str | None = Field(description="Why it can't be read.")


class JournalPage(BaseModel):
    """Records in the order of the journal. A page may have fewer than asked for, or none, and yet a next one."""

    items: list[JournalRecord]
    next_cursor: str | None


class NearestState(BaseModel):
    """A state of a twin from which on its whole journal is kept."""

    incarnation: int
    offset: int = Field(description="Of the last journal record that the state has folded.")
    tick: int
    time: str | None = Field(description="Of that tick, if known.")
    digest: str = Field(description="sha256 of the state.")


class BeyondRetention(ProblemView):
    """A part of a journal that is kept nowhere any more."""

    nearest: NearestState | None = Field(description="Where the twin's past can be entered; null: nowhere.")


PAGE: Final = {
    "items": [
        {
            "offset": 120_431,
            "at": "2026-11-21T12:20:26.123000Z",
            "type": "Stopped",
            "record": {
                "epoch": {"counter": 3, "writer": "sync-engine-4f21aa"},
                "tick": 5400,
                "reason": "revision 4 asks for it",
            },
            "error": None,
        }
    ],
    "next_cursor": "120432",
}
BEYOND: Final = {
    "type": "/problems/beyond_retention",
    "title": "Not kept any more",
    "status": 410,
    "detail": "offset 7 of the journal isn't kept any more; it is from offset 120000 on",
    "code": "beyond_retention",
    "instance": "/v1/twins/arm/journal",
    "remedy": "Begin at the state that `nearest` names, or later",
    "request_id": "019aa7c1-61b4-7e02-8a55-90c1d2e3f401",
    "errors": [],
    "nearest": {
        "incarnation": 3,
        "offset": 120_431,
        "tick": 5399,
        "time": "2026-11-21T12:20:26.100000Z",
        "digest": "0bf474896363505e5ea5e5d6ace8ebfb13a760a409b1fb467d428fc716f9f284",
    },
}


def router(parts: Parts, history: History) -> APIRouter:
    """`/v1/twins/{ref}/journal`."""
    api = routes("journal")

    @api.get(
        "/v1/twins/{ref}/journal",
        summary="A twin's journal, as far back as it is kept",
        description="Begins at `from` or `since`, whichever is later, else at the oldest record that is kept. What is "
        "kept no longer is answered with 410 `beyond_retention`, whose `nearest` is the first state of the twin from "
        "which on everything is kept.",
        **_documented(),
    )
    async def journal(
        ref: str,
        caller: Annotated[Caller, permit("twins.journal")],
        start: Annotated[int | None, Query(alias="from", ge=0, le=_LONGEST, description="An offset.")] = None,
        since: Annotated[
            str | None, Query(description="A time of the append.", json_schema_extra={"format": "date-time"})
        ] = None,
        kind: Annotated[
            list[Annotated[str, StringConstraints(pattern=_ONE_OF)]] | None,
            Query(alias="type", description="Repeatable: only records of these types."),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[
            int | None, Query(ge=0, le=_LONGEST, description="`next_cursor` of the page before.")
        ] = None,
    ) -> Response:
        entry = parts.model.twin(caller.org, ref)
        if entry is None:
            raise not_found("twin_not_found", ref)
        begin = cursor if cursor is not None else start
        since_ms = _ms(since) if since is not None and cursor is None else None
        page = await history.page(entry, begin, since_ms, frozenset(kind or ()), limit)
        more = None if page.next is None else str(page.next)
        return json_answer({"items": [_shown(told) for told in page.records], "next_cursor": more})

    return api


def _documented() -> dict[str, Any]:
    whole = documented(JournalPage, 404, 410, example=PAGE)
    content = {"schema": inlined(BeyondRetention), "example": BEYOND}
    whole["responses"][410]["content"] = {MEDIA_TYPE: content}
    return whole


def _ms(text: str) -> int:
    """Ms since the Unix epoch."""
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError("no date and time with an offset")
        return max(0, round(datetime.fromisoformat(text.upper()).timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        wanted = "isn't a time as RFC 3339 writes it, such as 2026-11-21T12:20:26Z"
        raise invalid([FieldError("since", wanted)]) from error


def _shown(told: Told) -> dict[str, object]:
    return {
        "offset": told.offset,
        "at": rfc3339(told.at_ns),
        "type": None if told.record is None else type(told.record).__name__,
        "record": None if told.record is None else to_json(told.record),
        "error": told.error,
    }
