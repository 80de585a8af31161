"""Malformed HTTP, byte by byte, to the server that is used in production."""

from __future__ import annotations

import random
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from fuzzing.mutate import mutated
from fuzzing.target import ACCEPTED

sys.path.insert(0, str(Path(__file__).parents[3]))

from platform_support.gateway import serving

_PATIENCE_S = 5.0
_MOST = 1 << 20
_LINES = (
    b"Transfer-Encoding: chunked",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 5, 6",
    b"Transfer-Encoding: chunked, chunked",
    b"Host: ",
    b"Host: a\r\nHost: b",
    b"Expect: 100-continue",
    b"Upgrade: websocket",
    b"Connection: Upgrade\r\nUpgrade: h2c",
    b"Content-Type: \xff",
    b" folded: line",
    b"X: " + b"a" * 70_000,
    b": nameless",
    b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nUpgrade: websocket",
    b"Content-Length: +5",
)


class Sockets:
    """What a client writes before it goes away."""

    name = "sockets"
    per_process = 20_000
    contained = False
    watched = ("uvicorn/", "api_gateway/")
    words = (
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"HTTP/1.1",
        b"HTTP/2.0",
        b"HTTP/9999.1",
        b"GET",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
        b"CONNECT",
        b"OPTIONS *",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"http://a/",
        b"//",
        b"%",
        *_LINES,
    )

    def __init__(self) -> None:
        self._open = ExitStack()
        gateway = self._open.enter_context(serving())
        address = urlsplit(gateway.url)
        self._address = (address.hostname or "", address.port or 0)
        self._token = gateway.issuer.token(org="acme", actor="ann", role="twin-admin").encode()

    def seeds(self) -> list[bytes]:
        head = (
            b" HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer "
            + self._token
            + b"\r\nConnection: close\r\n"
        )
        body = b'{"reason": "why"}'
        chunks = b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] + b"\r\n0\r\n\r\n"
        return [
            b"GET /v1/twins" + head + b"\r\n",
            b"GET /health" + head + b"\r\n",
            b"POST /v1/twins"
            + head
            + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body,
            b"POST /v1/twins"
            + head
            + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunks,
        ]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """Another header somewhere, or one header mutated."""
        head, _, body = seed.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        at = rng.randrange(len(lines))
        if rng.random() < 0.6:
            lines.insert(at + 1, rng.choice(_LINES))
        else:
            lines[at] = mutated(rng, lines[at], (), self.words)
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def run(self, data: bytes) -> str:
        with socket.create_connection(self._address, timeout=_PATIENCE_S) as client:
            answer = b""
            try:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                while len(answer) < _MOST and (piece := client.recv(65_536)):
                    answer += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
        if not answer:
            return "closed"
        assert answer.startswith(b"HTTP/1.1 "), answer[:100]
        status = int(answer[9:12])
        assert status < 500 or b'"unavailable"' in answer or status in (501, 505), answer[:500]
        return ACCEPTED if status < 400 else str(status)

    def close(self) -> None:
        self._open.close()


def target() -> Sockets:
    """It."""
    return Sockets()
