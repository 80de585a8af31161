"""A gateway over HTTP on a bus in memory, with something to show: for tests of the door alone.

Nobody acts on its commands, so each of them ends as pending.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from api_gateway.bootstrap import build
from twin_common.blobs import MemoryBlobs
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.bus.types import NewTopic, Record
from twin_common.clock import SystemClock
from twin_common.runner.dead_letters import DeadLetterBox
from twin_common.settings import Settings
from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.records import ControlStatus, SceneVersion, SimStatus, StartTwin, SyncStatus, TwinSpec

SETTINGS = Settings.model_validate(
    {"api_gateway": {"deadline_ms": 100, "rate_per_s": 1e6, "rate_burst": 1_000_000}}
)
TWIN = "0199a63c-2d5e-7c41-9f3a-b26d8e4f1a07"
SCENE = "0199a63c-2d5e-7c41-9f3a-b26d8e4f1a08"
ORGS = {"acme": "arm", "rival": "rivals-arm", "local": "locals-arm"}
"""Organisations, and how the twin and the scene of each are called; the last one is the platform's own."""


def application(issuer: InMemoryIssuer, bus: MemoryBus) -> FastAPI:
    return build(SETTINGS, bus=bus, scenes=MemoryBlobs(), guard=issuer.guard())


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document."""
    return application(InMemoryIssuer(), MemoryBus()).openapi()


def operations() -> list[tuple[str, str]]:
    """Every documented operation: method and path."""
    return [(method.upper(), path) for path, found in description()["paths"].items() for method in found]


def routes() -> set[tuple[str, str]]:
    """Every way in, documented or not: method (`WS` for a WebSocket) and path."""
    found = application(InMemoryIssuer(), MemoryBus()).routes
    return {
        (way, route.path) for route in found for way in getattr(route, "methods", ["WS"]) if way != "HEAD"
    }


@dataclass
class Gateway:
    """Where it is, and who may call."""

    url: str
    issuer: InMemoryIssuer
    http: httpx.Client

    def call(
        self, method: str, path: str, *, org: str = "acme", role: str = "twin-admin", **options: Any
    ) -> Any:
        """A request with a token of that role and organisation."""
        token = self.issuer.token(org=org, actor="ann", role=role)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)


@contextmanager
def serving() -> Iterator[Gateway]:
    """The gateway, ready, in a thread of its own."""
    issuer, started = InMemoryIssuer(), threading.Event()
    with socket.socket() as listening, httpx.Client(timeout=30) as client:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        servers: list[uvicorn.Server] = []

        async def serve() -> None:
            bus = MemoryBus()
            await furnish(bus)
            config = uvicorn.Config(
                application(issuer, bus),
                log_level="warning",
                timeout_graceful_shutdown=1,
                ws="websockets-sansio",
            )
            servers.append(uvicorn.Server(config))
            started.set()
            await servers[0].serve(sockets=[listening])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            assert started.wait(10)
            client.base_url = httpx.URL(url)
            while client.get("/ready").status_code != 200:
                pass  # each try takes its time
            yield Gateway(url, issuer, client)
        finally:
            servers[0].should_exit = True
            thread.join()


async def furnish(bus: MemoryBus) -> None:
    """Topics, and a twin, a scene and a dead letter of each organisation."""
    prefix = SETTINGS.stream.topic_prefix
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), prefix)
        await admin.create_topics([NewTopic(f"{prefix}.{name}", 1) for name in ORGS.values()])
    async with await bus.producer() as producer:

        async def put(name: str, key: str, record: Any) -> None:
            await producer.send(topic(name).physical(prefix), key=key.encode(), value=codec.encode(record))

        letters = DeadLetterBox(
            producer, topic("dead.letter").physical(prefix), "scene-manager", SystemClock()
        )
        for number, (org, name) in enumerate(ORGS.items()):
            twin, scene = f"{TWIN[:-1]}{number}", f"{SCENE[:-1]}{number + 4}"
            for kind, place, key in (
                (TwinSpec, "twin.specs", twin),
                (ControlStatus, "twin.status", f"{twin}/control"),
                (SimStatus, "twin.status", f"{twin}/sim"),
                (SyncStatus, "twin.status", f"{twin}/sync"),
            ):
                await put(place, key, _of(kind, twin=twin, org=org, name=name, revision=3))
            version = _of(SceneVersion, scene=scene, org=org, name=name, version=1)
            await put("scene.versions", f"{scene}/1", version)
            await letters.put(_refused(name, org, prefix), "engine_full", f"no room for {name}", 1)


def _of(kind: type, **values: Any) -> Any:
    """The usual example of a type with some of its fields changed."""
    example: Any = examples.load(kind.__name__)["full"]
    return replace(example, **{field: value for field, value in values.items() if hasattr(example, field)})


def _refused(twin: str, org: str, prefix: str) -> Record:
    sent = Envelope.new(type="StartTwin", source="test", org=org, actor="bob", subject=twin)
    return Record(
        topic=topic("control.commands").physical(prefix),
        partition=3,
        offset=7,
        key=twin.encode(),
        value=codec.encode(StartTwin(twin=twin)),
        headers=sent.headers(),
        timestamp_ms=0,
    )
