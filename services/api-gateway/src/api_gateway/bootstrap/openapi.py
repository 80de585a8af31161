"""The OpenAPI description: what FastAPI derives, with the problem schema, the token and the headers that all share."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api_gateway.handlers.models import PendingView, ProblemView
from api_gateway.handlers.routes import inlined

_ABOUT = """\
Digital twins: create, start and follow them, command them, and keep their scenes.

Every change becomes a command to its owner, and is answered once the owner has said yes and the change is to be seen
here. When the owner is slow the answer is 202 with a link to the command. Repeat a request with the same
`Idempotency-Key` as often as you like: it happens once.
"""
_METHODS = ("get", "post", "put", "patch", "delete")
_CHANGING = frozenset({"post", "put", "patch", "delete"})


def _header(name: str, text: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": text, "schema": {"type": "string", **schema}}


_REQUEST_ID = _header(
    "X-Request-Id",
    "Comes back, and names the request in logs and audit; replaced unless it has 1 to 128 of A-Z a-z 0-9 . _ -",
)
_KEY = _header(
    "Idempotency-Key", "Requests with one key happen once.", pattern="^[!-~]+$", minLength=1, maxLength=200
)
_LATEST = _header(
    "X-Read-Latest",
    "`true`: wait (a moment at most) for all that was written before this request. Send it when you have changed "
    "something and another process may answer now. Any other value counts for nothing.",
)
_IF_MATCH = _header(
    "If-Match",
    "ETag of the twin: refuse with 412 when it has another revision.",
    pattern=r'^(\*|"[0-9]{1,18}(-[0-9a-f]*)?")$',
)
_IF_NONE_MATCH = _header("If-None-Match", "ETag: answer 304 when nothing has changed.")


def describe(app: FastAPI) -> None:
    """Let the application answer /openapi.json with the whole description."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(
                get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    components.setdefault("schemas", {}).update(
        {model.__name__: inlined(model) for model in (ProblemView, PendingView)}
    )
    for path in schema["paths"].values():
        for method in _METHODS:
            if method in path:
                _share(path[method], method)
    return schema


def _share(operation: dict[str, Any], method: str) -> None:
    """The headers that an operation takes, as its answers show."""
    if not operation.get("security"):
        return
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    taken = {parameter["name"] for parameter in parameters}
    wanted = [_REQUEST_ID, _LATEST]
    if method in _CHANGING:
        wanted.append(_KEY)
    if "412" in operation["responses"]:
        wanted.append(_IF_MATCH)
    if "304" in operation["responses"]:
        wanted.append(_IF_NONE_MATCH)
    parameters.extend(each for each in wanted if each["name"] not in taken)
