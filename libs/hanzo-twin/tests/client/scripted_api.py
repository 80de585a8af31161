"""An API in memory that answers as a test has scripted it, and both clients over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from hanzo_twin.client import AsyncClient, Client, Retry

URL = "http://api.test"

TWIN = {
    "id": "01890000-0000-7000-8000-000000000001",
    "name": "arm",
    "organization": "acme",
    "revision": 3,
    "phase": "running",
    "desired": "running",
    "scene": {"name": "arm", "version": 2},
    "created_at": "2026-02-20T00:00:00.123456Z",
}


class Api:
    """Gives its answers in order, the last one again and again; keeps the requests."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]] = []
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    def says(self, status: int = 200, body: Any = None, **headers: str) -> Api:
        """One more answer."""
        content = b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(lambda _request: httpx.Response(status, content=content, headers=named))
        return self

    def refuses(self, status: int, code: str, **more: Any) -> Api:
        """A problem as one more answer."""
        headers = {name: more.pop(name) for name in ("retry_after",) if name in more}
        return self.says(status, {"status": status, "code": code, **more}, **headers)

    def breaks(self, error: Exception | None = None) -> Api:
        """A connection that comes to nothing as one more answer."""
        self.answers.append(error or httpx.ConnectError("refused"))
        return self

    def _next(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        return self._next(request)

    async def ahandle(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(await request.aread())
        return self._next(request)

    @property
    def asked(self) -> list[str]:
        """Method and target of every request."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def json(self, index: int = -1) -> Any:
        """The body of a request."""
        return json.loads(self.bodies[index])


def blocking(api: Api, **options: Any) -> Client:
    options.setdefault("retry", Retry(within_s=5.0, first_s=0.001, most_s=0.002))
    return Client(URL, transport=httpx.MockTransport(api.handle), **options)


def asynchronous(api: Api, **options: Any) -> AsyncClient:
    options.setdefault("retry", Retry(within_s=5.0, first_s=0.001, most_s=0.002))
    return AsyncClient(URL, transport=httpx.MockTransport(api.ahandle), **options)
