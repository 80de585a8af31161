"""The least of MQTT 3.1.1 that a plant and a sink need: so that they take little of the cores that are measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

_CONNECT, _PUBLISH, _SUBSCRIBE = 0x10, 0x30, 0x82

Receive = Callable[[str, bytes], None]
"""Gets topic and payload."""


def _length(size: int) -> bytes:
    out = bytearray()
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (128 if size else 0))
        if not size:
            return bytes(out)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def packet(kind: int, body: bytes) -> bytes:
    """A control packet."""
    return bytes([kind]) + _length(len(body)) + body


class Wire(asyncio.Protocol):
    """A connection that publishes and subscribes at quality of service 0, and knows no keep-alive."""

    def __init__(self, client_id: str, receive: Receive | None = None) -> None:
        self._id, self._receive = client_id, receive
        self._rest = b""
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)
        self.write(packet(_CONNECT, _text("MQTT") + bytes([4, 2, 0, 0]) + _text(self._id)))

    def subscribe(self, topic: str) -> None:
        self.write(packet(_SUBSCRIBE, b"\0\1" + _text(topic) + b"\0"))

    def publish(self, topic: bytes, payload: bytes) -> None:
        """Send a payload; the topic is already in the form that `topic_name` makes."""
        self.write(packet(_PUBLISH, topic + payload))

    def write(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        while True:
            start, size, digit = at + 1, 0, 0
            while True:
                if start >= len(data):
                    self._rest = data[at:]
                    return
                size |= (data[start] & 127) << (7 * digit)
                digit, start = digit + 1, start + 1
                if data[start - 1] < 128:
                    break
            if start + size > len(data):
                self._rest = data[at:]
                return
            if data[at] & 0xF0 == _PUBLISH and self._receive is not None:
                name = int.from_bytes(data[start : start + 2], "big")
                self._receive(
                    data[start + 2 : start + 2 + name].decode(), data[start + 2 + name : start + size]
                )
            at = start + size


def topic_name(topic: str) -> bytes:
    """A topic as `Wire.publish` takes it."""
    return _text(topic)


async def connect(url: str, client_id: str, receive: Receive | None = None) -> Wire:
    """Connect to a broker."""
    address = urlsplit(url)
    _, wire = await asyncio.get_running_loop().create_connection(
        lambda: Wire(client_id, receive), address.hostname or "127.0.0.1", address.port or 1883
    )
    return wire
