"""What every request passes, as plain ASGI: its id, the size and pace of its body, its time, and no bare failure."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_gateway.errors import Problem
from api_gateway.handlers.problems import answer
from twin_common import metrics_table as m
from twin_common.ids import uuid7
from twin_common.logs import get_logger
from twin_common.metrics import Metrics

_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_CHUNK_S = 30.0
"""A body whose next piece takes longer isn't waited for."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What is counted by its own name: a caller could invent others without end."""

_log = get_logger(__name__)


class Door:
    """The outermost middleware.

    Args:
        app: what is behind it.
        metrics: where requests are timed, by route template.
        max_body: bytes of a body, unless the path has a limit of its own.
        larger: other limits, by path.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, max_body: int, larger: Mapping[str, int]) -> None:
        self._app, self._metrics, self._max_body, self._larger = app, metrics, max_body, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                scope["request_id"] = _request_id(scope)
            await self._app(scope, receive, send)
            return
        started, observed = time.perf_counter(), False
        request_id = scope["request_id"] = _request_id(scope)
        begun, status = False, 499  # as if nobody had waited, until an answer begins

        def observe() -> str:
            nonlocal observed
            endpoint = getattr(scope.get("route"), "path", "other")
            if not observed:
                self._metrics.observe(m.API_DURATION, time.perf_counter() - started, endpoint=endpoint)
            observed = True
            return endpoint

        async def reply(message: Message) -> None:
            nonlocal begun, status
            if message["type"] == "http.response.start":
                begun, status = True, message["status"]
                if _is_stream(message):
                    observe()  # how long somebody listens says nothing of how fast the answer was
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        if scope["method"] not in ("GET", "HEAD"):
            receive = self._limited(scope, receive)
        try:
            await self._app(scope, receive, reply)
        except Exception:
            _log.exception("a request failed", request=request_id, path=scope["path"])
            if begun:
                raise  # the server cuts the connection, so that nobody takes half an answer for a whole one
            problem = Problem("internal", "an unexpected error; it is in the log of the service")
            await answer(problem, scope["path"], request_id)(scope, receive, reply)
        finally:
            endpoint = observe()
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.count(m.API_REQUESTS, endpoint=endpoint, method=method, status=str(status))

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        limit = self._larger.get(scope["path"], self._max_body)
        seen, whole = 0, False

        async def limited() -> Message:
            nonlocal seen, whole
            if whole:
                return await receive()
            if seen == 0 and (announced := _announced(scope)) > limit:
                raise _too_large(limit, announced)
            try:
                async with asyncio.timeout(_CHUNK_S):
                    message = await receive()
            except TimeoutError:
                raise Problem(
                    "body_timeout", f"the body's next piece didn't come within {_CHUNK_S:.0f} s"
                ) from None
            whole = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit, seen)
            return message

        return limited


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            text: str = value.decode()
            return text
    return uuid7()


def _is_stream(start: Message) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream") for name, value in start["headers"]
    )


def _announced(scope: Scope) -> int:
    headers: list[tuple[bytes, Any]] = scope["headers"]
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(limit: int, size: int) -> Problem:
    return Problem(
        "body_too_large",
        f"the body has {size} bytes or more; at most {limit} are taken",
        headers={"Connection": "close"},
    )
