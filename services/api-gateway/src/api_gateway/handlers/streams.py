"""Predictions as they come: server-sent events and WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header, Query
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from api_gateway.domain.caller import Caller
from api_gateway.domain.entries import TwinEntry
from api_gateway.domain.live import Stream, Streams, Told
from api_gateway.domain.ports import Parts
from api_gateway.errors import FieldError, Problem
from api_gateway.handlers.access import admit, not_found, permit
from api_gateway.handlers.event_stream import EventStream, encoded
from api_gateway.handlers.problems import answer, invalid
from api_gateway.handlers.routes import documented, routes

_HEARTBEAT_NS: Final = 15_000_000_000
_BEARER: Final = "bearer."
_OFFSET_DIGITS: Final = 18
_GOING_AWAY: Final = 1001
_WRITE_S: Final = 30.0

From = Annotated[
    str | None,
    Query(alias="from", description="Offset to begin at, `earliest` or `latest` (if unset)."),
]
LastEventId = Annotated[str | None, Header(description="Go on behind this event; wins over `from`.")]


def router(parts: Parts, streams: Streams, stopping: asyncio.Event) -> APIRouter:
    """`/v1/twins/{ref}/predictions`, and `/ws` below it; `stopping` ends every stream."""
    api = routes("predictions")

    async def tell(caller: Caller, entry: TwinEntry, after: int | None, start: str | None) -> _Telling:
        if start not in (None, "earliest", "latest"):
            _offset("from", start or "")
        return _Telling(parts, stopping, caller, entry, await streams.open(entry, after, start))

    @api.get(
        "/v1/twins/{ref}/predictions",
        summary="A twin's predictions as server-sent events",
        description="Events: `prediction`; `gap` when what was asked for isn't kept any more, or lies beyond the end; "
        "`end`. An event's id is its offset in the twin's public topic: send the last one back in `Last-Event-ID` to "
        "go on. An id alone comes first, so that what breaks before its first event loses none, either.",
        response_class=EventStream,
        **documented(None, 404),
    )
    async def predictions(
        ref: str,
        caller: Annotated[Caller, permit("twins.read")],
        start: From = None,
        last_event_id: LastEventId = None,
    ) -> Response:
        after = _last(last_event_id) if last_event_id else None
        telling = await tell(caller, _twin(parts, caller, ref), after, start)
        return EventStream(telling.pieces(), telling.close)

    @api.websocket("/v1/twins/{ref}/predictions/ws")
    async def predictions_ws(socket: WebSocket, ref: str) -> None:
        offered = socket.scope.get("subprotocols", [])
        token = next((name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)), None)
        try:
            caller = await admit(socket, "twins.read", token)
            entry = _twin(parts, caller, ref)
            telling = await tell(caller, entry, None, socket.query_params.get("from"))
        except Problem as problem:
            await socket.send_denial_response(answer(problem, socket.url.path, socket.scope["request_id"]))
            return
        try:
            # of what is offered one has to be taken; the one that carries the token only when there is no other
            chosen = next((name for name in offered if not name.startswith(_BEARER)), None)
            await socket.accept(chosen or (offered[0] if offered else None))
            await _converse(socket, telling)
        finally:
            await telling.close()

    return api


class _Telling:
    """Tells what a stream says until the twin is deleted, the token expires, or the process stops."""

    def __init__(
        self, parts: Parts, stopping: asyncio.Event, caller: Caller, entry: TwinEntry, stream: Stream
    ) -> None:
        self._parts, self._stopping = parts, stopping
        self._caller, self._entry, self._stream = caller, entry, stream
        self.close = stream.close

    async def events(self) -> AsyncIterator[Told | None]:
        """What it says, at first where it begins; None when it was silent for a while."""
        clock = self._parts.clock
        said_ns = clock.monotonic_ns()
        yield Told("open", self._stream.before, {})
        while (reason := self._over()) is None:
            found = await self._stream.next()
            for told in found:
                if told.event == "end":  # its topic goes with a deleted twin, which may show first
                    reason = self._over()
                    yield told if reason is None else Told("end", None, {"reason": reason})
                    return
                yield told
            if found:
                said_ns = clock.monotonic_ns()
            elif clock.monotonic_ns() - said_ns >= _HEARTBEAT_NS:
                said_ns = clock.monotonic_ns()
                yield None
        yield Told("end", None, {"reason": reason})

    async def pieces(self) -> AsyncIterator[bytes]:
        """The same as server-sent events."""
        async for told in self.events():
            yield b": still here\n\n" if told is None else encoded(told)

    def _over(self) -> str | None:
        """Why it has to end; None: it goes on."""
        if self._stopping.is_set():
            return "stopping"
        if self._parts.model.twin_by_id(self._entry.id) is None:
            return "deleted"
        expires_ns = self._caller.principal.expires_ns
        if expires_ns is not None and self._parts.clock.now_ns() > expires_ns:
            return "token_expired"
        return None


async def _converse(socket: WebSocket, telling: _Telling) -> None:
    """Send each event as a message until the other side goes; what it says isn't listened to."""
    sending = asyncio.ensure_future(_send(socket, telling))
    leaving = asyncio.ensure_future(_left(socket))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
            await socket.close(_GOING_AWAY)
    except (WebSocketDisconnect, OSError, TimeoutError):
        pass  # it has gone already
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send(socket: WebSocket, telling: _Telling) -> None:
    async for told in telling.events():
        if told is None:
            continue  # WebSocket has pings of its own
        message = {"event": told.event, **({"id": str(told.id)} if told.id is not None else {}), **told.data}
        async with asyncio.timeout(_WRITE_S):
            await socket.send_text(orjson.dumps(message).decode())


async def _left(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _twin(parts: Parts, caller: Caller, ref: str) -> TwinEntry:
    entry = parts.model.twin(caller.org, ref)
    if entry is None:
        raise not_found("twin_not_found", ref)
    return entry


def _last(text: str) -> int:
    """The id of the last event that was seen, or what came before the first one."""
    return -1 if text == "-1" else _offset("Last-Event-ID", text)


def _offset(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _OFFSET_DIGITS):
        raise invalid([FieldError(field, "isn't an offset, as the id of an event is one")])
    return int(text)
