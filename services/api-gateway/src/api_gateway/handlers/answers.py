"""Success as answers: JSON bytes, entity tags, and commands whose outcome isn't known yet."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.entries import TwinEntry

JSON = "application/json"


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON."""
    return Response(orjson.dumps(body), status, headers, JSON)


def twin_answer(
    request: Request, entry: TwinEntry, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A twin with its entity tag; 304 when the caller has it already."""
    etag = entry.etag
    wanted = request.headers.get("if-none-match")
    if wanted is not None and request.method == "GET" and names(wanted, etag):
        return Response(None, 304, {"ETag": etag})
    return Response(entry.body, status, {"ETag": etag, "Cache-Control": "no-cache", **(headers or {})}, JSON)


def names(header: str, etag: str) -> bool:
    """Whether an If-None-Match names a tag."""
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))


def pending(caller: Caller) -> Response:
    """The command is on its way; where its outcome will be."""
    path = f"/v1/commands/{caller.command_id}"
    body = {"command": caller.command_id, "status": "pending", "links": {"self": path}}
    return json_answer(body, 202, {"Location": path, "Retry-After": "1"})
