"""The running gateway, its bus, the owner behind it, and callers before it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from api_gateway.bootstrap import build
from gateway_support.owner import Owner
from twin_common.blobs import MemoryBlobs
from twin_common.bus.topics import create_topics
from twin_common.settings import Settings
from twin_schemas.catalogue import catalogue

TWIN = """\
name: {name}
scene: {{uri: "scene:arm"}}
engine: {{type: mujoco}}
sync:
  mode: standalone
  rate_hz: 10
tags: [{tags}]
"""
YAML = {"content-type": "application/yaml"}


@dataclass
class Bed:
    app: object
    bus: object
    owner: Owner
    issuer: object
    client: httpx.AsyncClient
    blobs: MemoryBlobs

    @property
    def model(self):
        return self.app.state.parts.model

    async def call(self, method, path, *, org="acme", role="twin-admin", actor="ann", headers=(), **options):
        token = self.issuer.token(org=org, actor=actor, role=role)
        sent = {"authorization": f"Bearer {token}", **dict(headers)}
        return await self.client.request(method, path, headers=sent, **options)

    async def get(self, path, **options):
        return await self.call("GET", path, **options)

    async def post(self, path, **options):
        return await self.call("POST", path, **options)

    async def create(self, name="arm", *, tags="", headers=(), **options):
        text = TWIN.format(name=name, tags=tags)
        return await self.post("/v1/twins", content=text, headers={**YAML, **dict(headers)}, **options)

    async def until(self, wanted):
        """Wait until something holds."""
        async with asyncio.timeout(20):
            while not wanted():  # noqa: ASYNC110 (what is waited for has no event)
                await asyncio.sleep(0.005)


@asynccontextmanager
async def opened(bus, issuer, *, prefix="hanzo.twin", gateway_bus=None, away=False, **gateway):
    """The gateway while it runs, on `gateway_bus` when that is another than the owner's; brokers may be `away`."""
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), prefix)
    settings = Settings.model_validate({"stream": {"topic_prefix": prefix}, "api_gateway": gateway})
    gateway_bus = gateway_bus or bus
    if away:
        gateway_bus.away = True
    blobs = MemoryBlobs()
    app = build(settings, bus=gateway_bus, scenes=blobs, guard=issuer.guard())
    owner = Owner(bus, prefix)
    working = asyncio.ensure_future(owner.run())
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
        ):
            bed = Bed(app, bus, owner, issuer, client, blobs)
            await owner.listening.wait()
            if not away:
                await bed.until(lambda: not app.state.parts.health.waiting_for())
            yield bed
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
