"""HTTP paths, headers and bodies: the whole gateway in this process, on a bus in memory."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from fuzzing.mutate import mutated
from fuzzing.target import ACCEPTED
from fuzzing.values import reshaped
from twin_common.blobs import MemoryBlobs
from twin_common.bus.memory import MemoryBus
from twin_common.settings import Settings
from twin_common.testing.issuer import InMemoryIssuer

sys.path.insert(0, str(Path(__file__).parents[3]))

from platform_support.gateway import furnish, operations

from api_gateway.bootstrap import build

_SETTINGS = Settings.model_validate(
    {"api_gateway": {"deadline_ms": 20, "rate_per_s": 1e6, "rate_burst": 1_000_000}}
)
_DEFINITION = {
    "name": "fuzz",
    "scene": {"uri": "scene:arm"},
    "engine": {"type": "mujoco"},
    "sync": {"mode": "standalone"},
}
_BODIES: tuple[tuple[str, Any], ...] = (
    ("application/json", {"definition": _DEFINITION, "scene": "arm", "scene_version": 1, "reason": "why"}),
    ("application/json", {"reason": "why", "force": False}),
    ("application/merge-patch+json", {"tags": ["a"], "metadata": {"b": 1}, "sync": {"rate_hz": 5}}),
    (
        "application/json",
        {"targets": [{"joint": "/World/hinge", "mode": "effort", "value": 1.5}], "effect_time": None},
    ),
    ("application/json", {"to_initial": True, "values": {"/World/hinge.position": [0.5]}}),
    ("application/json", {"rate_hz": 30, "parameters": {"/World/arm.mass": 2.0}}),
    ("application/json", {"schema": '{"type": "string"}', "compatibility": "FULL"}),
    ("application/yaml", _DEFINITION),
)
_HEADERS = (
    b"if-match", b"idempotency-key", b"x-read-latest", b"content-length", b"accept", b"range", b"last-event-id",
    b"traceparent",
    b"authorization", b"content-type", b"transfer-encoding", b"x-request-id", b"origin", b"expect",
)  # fmt: skip
_STREAM_S = 0.05
_TRIES = 3000
_ABSENT = {"unavailable", "worker_silent"}
"""Nobody acts on commands here, and nobody answers for a twin."""


class Gateway:
    """An input is a head of lines, a blank line, and the body: method and target, then headers."""

    name = "http"
    per_process = 20_000
    contained = False
    watched = ("api_gateway/",)
    words = (
        b"/v1/twins", b"%00", b"%2f", b"%ff", b"..", b"//", b"?limit=", b"?cursor=", b"&", b"=", b"\r\n",
        b"If-Match: *", b'"1-0"',
        b"null", b"[]", b"{}", b"multipart/form-data; boundary=x", b"--x\r\n", b"; charset=utf-7", b"Bearer ",
        b"\xff", b"scene:",
        b"limit=99999999999999999999", b"after=-1", b"from=earliest", b"?phase=", b"1e400", b"\\ud800", b"W/",
        b"/predictions",
    )  # fmt: skip

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open = AsyncExitStack()
        issuer = InMemoryIssuer()
        self._token = issuer.token(org="acme", actor="ann", role="twin-admin").encode()
        self._app: Any = self._loop.run_until_complete(self._started(issuer))

    async def _started(self, issuer: InMemoryIssuer) -> Any:
        bus = MemoryBus()
        await furnish(bus)
        app = build(_SETTINGS, bus=bus, scenes=MemoryBlobs(), guard=issuer.guard())
        await self._open.enter_async_context(app.router.lifespan_context(app))
        for _ in range(_TRIES):
            if (await self._asked(app, b"GET", b"/ready", [], b""))[0] == 200:
                return app
            await asyncio.sleep(
                0.01
            )  # the answer alone never waits, and what has to become ready would get no turn
        raise TimeoutError("the gateway doesn't become ready")

    def seeds(self) -> list[bytes]:
        paths = [
            (method, "/".join("arm" if part.startswith("{") else part for part in path.split("/")))
            for method, path in operations()
        ]
        return [
            self._written(method, path, *_BODIES[number % len(_BODIES)])
            for number, (method, path) in enumerate(paths)
        ]

    @staticmethod
    def _written(method: str, path: str, kind: str, value: Any) -> bytes:
        return f"{method} {path}\ncontent-type: {kind}\n\n{json.dumps(value)}".encode()

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """A request to the same place with a hostile body, header or query."""
        first, _, _ = seed.partition(b"\n")
        kind, value = rng.choice(_BODIES)
        head = [first, b"content-type: " + kind.encode()]
        if rng.random() < 0.3:
            head.append(
                rng.choice(_HEADERS)
                + b": "
                + mutated(rng, b'"1-0"', (), self.words)[:2000].replace(b"\n", b"")
            )
        if rng.random() < 0.3:
            head[0] += b"?" + mutated(rng, b"limit=5&cursor=abc&from=0", (), self.words)[:2000].replace(
                b"\n", b""
            )
        return b"\n".join(head) + b"\n\n" + json.dumps(reshaped(rng, value)).encode()

    def run(self, data: bytes) -> str:
        head, _, body = data.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        method, _, target = first.partition(b" ")
        headers = [
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(b":") for line in lines)
        ]
        status, kind, answer = self._loop.run_until_complete(
            self._asked(self._app, method, target, headers, body)
        )
        if status < 400:
            return ACCEPTED
        assert kind == b"application/problem+json", (status, kind, answer[:300])
        code = str(orjson.loads(answer)["code"])
        assert status < 500 or code in _ABSENT, (status, answer[:300])
        return code

    async def _asked(
        self, app: Any, method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[int, bytes, bytes]:
        """As uvicorn asks an application; status, content type and body of the answer."""
        path, _, query = target.partition(b"?")
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
            "state": {}, "method": method.decode("latin-1").upper() or "GET", "path": unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query, "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [(b"host", b"gateway"), (b"authorization", b"Bearer " + self._token), *headers],
        }  # fmt: skip
        parts = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[dict[str, Any]] = []
        over = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if parts:
                return parts.pop()
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                over.set()

        leaving = self._loop.call_later(_STREAM_S, over.set)  # whoever follows a stream leaves
        try:
            await app(scope, receive, send)
        finally:
            leaving.cancel()
        begun = next(message for message in sent if message["type"] == "http.response.start")
        kind = dict(begun["headers"]).get(b"content-type", b"")
        return begun["status"], kind, b"".join(message.get("body", b"") for message in sent)

    def close(self) -> None:
        self._loop.run_until_complete(self._open.aclose())
        self._loop.close()


def target() -> Gateway:
    """It."""
    return Gateway()
