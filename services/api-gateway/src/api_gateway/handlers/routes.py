"""Routers of this API: unknown query parameters are refused, and every operation documents its problems."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.errors import FieldError
from api_gateway.handlers.problems import invalid


class StrictRoute(APIRoute):
    """A route that knows all its query parameters."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the check."""
        handle = super().get_route_handler()
        known = frozenset(field.alias for field in self.dependant.query_params)

        async def strict(request: Request) -> Response:
            if request.scope["query_string"] and (unknown := set(request.query_params) - known):
                allowed = ", ".join(sorted(known)) or "none"
                raise invalid([FieldError(name, f"unknown query parameter; known: {allowed}") for name in sorted(unknown)])
            return await handle(request)

        return strict


def routes(tag: str) -> APIRouter:
    """An empty router; `tag` is its heading in the documentation."""
    return APIRouter(tags=[tag], route_class=StrictRoute)
