"""Server-sent events as an ASGI response that notices at once when its reader goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api_gateway.domain.live import Told

_WRITE_S: Final = 30.0
"""A reader that takes nothing for so long has gone, or is stuck."""


class EventStream(Response):
    """Sends what an iterator of events gives until that, the reader or the process ends.

    Each piece waits until the connection takes it, so a slow reader only slows its own iterator.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], close: Callable[[], Awaitable[None]]) -> None:
        """Send these pieces; call `close` at the end, whatever ends it."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events, self._close = events, close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(Request(scope, receive)))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._close()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._events:
            try:
                async with asyncio.timeout(_WRITE_S):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except (TimeoutError, OSError):
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def encoded(told: Told) -> bytes:
    """One event; `open` is an id alone, which readers keep without making an event of it."""
    if told.event == "open":
        return f"id: {told.id}\n\n".encode()
    number = f"id: {told.id}\n" if told.id is not None else ""
    return f"event: {told.event}\n{number}data: ".encode() + orjson.dumps(told.data) + b"\n\n"
