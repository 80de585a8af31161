"""The gateway on a bus in memory, and callers of it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from api_gateway.bootstrap import build
from twin_common.blobs import MemoryBlobs
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.bus.types import Record
from twin_common.clock import SystemClock
from twin_common.runner.dead_letters import DeadLetterBox
from twin_common.settings import Settings
from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.codec import encode
from twin_schemas.records import StartTwin

PREFIX = "hanzo.twin"
DEAD = topic("dead.letter").physical(PREFIX)
COMMANDS = topic("control.commands").physical(PREFIX)


@dataclass
class Gate:
    """The gateway, its bus and its callers."""

    bus: MemoryBus
    issuer: InMemoryIssuer
    client: httpx.AsyncClient

    async def call(self, method, path, *, org="acme", role="twin-admin", actor="ann", **options):
        token = self.issuer.token(org=org, actor=actor, role=role)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    async def get(self, path, **options):
        return await self.call("GET", path, **options)

    async def refused(self, twin, *, org="acme", headers=None, at=COMMANDS, partition=3, empty=False):
        """A command that a service gave up on; returns its envelope."""
        sent = Envelope.new(
            type="StartTwin", source="test", org=org, actor="bob", subject=twin, token="secret.of.bob"
        )
        origin = Record(
            topic=at,
            partition=partition,
            offset=7,
            key=None if empty else twin.encode(),
            value=None if empty else encode(StartTwin(twin=twin)),
            headers=(*sent.headers(), ("ce_replyto", b"4")) if headers is None else headers,
            timestamp_ms=0,
        )
        async with await self.bus.producer() as producer:
            box = DeadLetterBox(producer, DEAD, "scene-manager", SystemClock())
            await box.put(origin, "engine_full", f"no room for {twin}", 1)
        return sent

    async def until(self, path, wanted, **options):
        """The body of an answer, as soon as it is as wanted."""
        async with asyncio.timeout(10):
            while True:
                body = (await self.get(path, **options)).json()
                if wanted(body):
                    return body
                await asyncio.sleep(0.01)

    async def listed(self, count, **options):
        """The letters, as soon as there are so many."""
        body = await self.until(
            "/v1/dead-letters", lambda body: len(body.get("items", ())) == count, **options
        )
        return body["items"]


@asynccontextmanager
async def opened(issuer):
    """The gateway while it runs."""
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    app = build(Settings(), bus=bus, scenes=MemoryBlobs(), guard=issuer.guard())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield Gate(bus, issuer, client)
