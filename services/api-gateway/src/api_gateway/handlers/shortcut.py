"""A short way to handlers that take nothing but path texts, the request and the caller.

FastAPI finds out anew at each request what a handler wants; for these, which are the ones that are called most, it is
known beforehand. What a handler gets is the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api_gateway.domain.caller import Caller

Handle = Callable[[Request], Awaitable[Response]]


class Admission(Protocol):
    """A dependency made by `handlers.access`: all it wants is the connection."""

    admits: bool

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """The caller."""
        ...


def shortcut(dependant: Dependant) -> Handle | None:
    """The handler behind its admission, when there is a short way to it."""
    others = (dependant.query_params, dependant.header_params, dependant.cookie_params, dependant.body_params)
    extras = (
        dependant.websocket_param_name,
        dependant.http_connection_param_name,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
    )
    texts = all(
        field.field_info.annotation is str and not field.field_info.metadata
        for field in dependant.path_params
    )
    admissions = [(sub.name, cast("Admission", sub.call)) for sub in dependant.dependencies]
    if (
        any(others)
        or any(extras)
        or not texts
        or not all(getattr(call, "admits", False) for _, call in admissions)
    ):
        return None
    paths = tuple((field.name, field.alias) for field in dependant.path_params)
    request_name = dependant.request_param_name
    endpoint = cast("Callable[..., Awaitable[Response]]", dependant.call)

    async def handle(request: Request) -> Response:
        given: dict[str, Any] = {}
        for name, admission in admissions:
            given[name or ""] = await admission(request)
        found = request.scope["path_params"]
        for name, alias in paths:
            given[name] = found[alias]
        if request_name is not None:
            given[request_name] = request
        return await endpoint(**given)

    return handle
