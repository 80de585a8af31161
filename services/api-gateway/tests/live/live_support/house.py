"""The gateway as a server on loopback over a bus in memory; worker and sync engine are played by the test."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
import uvicorn

from api_gateway.bootstrap import build
from twin_common.blobs import MemoryBlobs
from twin_common.bus.api import Producer
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.bus.types import NewTopic, Record, TopicPartition
from twin_common.settings import Settings
from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas import codec
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.records import (
    ChannelValue,
    CommandApplied,
    CommandRefused,
    Desired,
    RequestRefused,
    TwinPrediction,
    TwinSpec,
    TwinState,
)

PREFIX = "hanzo.twin"
SHOULDER = "/World/Arm/shoulder"


@dataclass
class House:
    bus: MemoryBus
    producer: Producer
    issuer: InMemoryIssuer
    url: str
    client: httpx.AsyncClient
    app: object
    answered: list[tuple[object, Envelope]] = field(default_factory=list)

    def headers(self, *, org="local", role="twin-admin", **token) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token(org=org, role=role, **token)}"}

    async def specify(self, name="arm", *, org="local", desired=Desired.RUNNING, partition=3) -> TwinSpec:
        spec = TwinSpec(
            twin=str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            org=org,
            name=name,
            revision=2,
            desired=desired,
            pool="default",
            partition=partition,
            scene="arm",
            scene_version=1,
            scene_digest="d" * 64,
            scene_file="arm.usda",
            definition='{"tags":[],"engine":{"type":"mujoco"},"metadata":{}}',
            seed=1,
            created_ns=1,
        )
        async with await self.bus.admin() as admin:
            await admin.create_topics([NewTopic(f"{PREFIX}.{name}", 1)])
        await self.put(spec)
        await self.until(lambda: self.app.state.parts.model.twin_by_id(spec.twin))
        return spec

    async def put(self, spec: TwinSpec) -> None:
        await self.producer.send(self.topic("twin.specs"), key=spec.twin.encode(), value=codec.encode(spec))

    async def delete(self, spec: TwinSpec) -> None:
        await self.producer.send(self.topic("twin.specs"), key=spec.twin.encode(), value=None)

    def topic(self, name: str) -> str:
        return topic(name).physical(PREFIX)

    async def until(self, check):
        async with asyncio.timeout(15):
            while True:
                found = check()
                if found:
                    return found
                await asyncio.sleep(0.01)

    async def predict(self, spec: TwinSpec, count: int, first: int = 0, step: float = 0.1) -> None:
        for tick in range(first, first + count):
            prediction = TwinPrediction(
                twin=spec.twin,
                name=spec.name,
                incarnation=1,
                offset=100 + tick,
                tick=tick,
                time_ns=1_700_000_000_000_000_000 + tick,
                parameter_version=0,
                values=[ChannelValue(f"{SHOULDER}.position", "rad", [step * tick])],
                innovations=[],
                latency_ns=5_000_000,
            )
            await self.producer.send(
                f"{PREFIX}.{spec.name}", key=spec.twin.encode(), value=codec.encode(prediction), partition=0
            )

    async def asked(self, name: str) -> list[tuple[Record, Envelope]]:
        return [(r, Envelope.parse(r.headers)) for r in self.bus.records(self.topic(name))]

    @asynccontextmanager
    async def playing(self, answer) -> AsyncIterator[None]:
        """Answer every command and request as `answer(record, envelope)` says: a record, or None for silence."""

        async def play() -> None:
            async with await self.bus.reader() as reader:
                names = [self.topic("sim.commands"), self.topic("sim.requests")]
                await reader.assign(*[tp for name in names for tp in await reader.partitions(name)])
                async for record in reader.tail():
                    envelope = Envelope.parse(record.headers)
                    said = answer(codec.decode(record.value or b""), envelope)
                    if said is not None:
                        await self._say(said, envelope, record)

        task = asyncio.create_task(play())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _say(self, said, asked: Envelope, record: Record) -> None:
        headers = replace(
            asked.caused(type=type(said).__name__, source="test"), correlation_id=asked.correlation_id
        ).headers()
        if isinstance(said, TwinState | RequestRefused):
            where = TopicPartition(self.topic("bus.replies"), asked.reply_to or 0)
        else:
            where = TopicPartition(self.topic("control.events"), record.partition % 2)
        await self.producer.send(
            where.topic, key=b"k", value=codec.encode(said), partition=where.partition, headers=headers
        )


def applied(command, envelope) -> CommandApplied:
    return CommandApplied(command.twin, 1, 200, command.command_id, 7, 0, 1_700_000_000_000_000_000, 0)


def refused(code):
    return lambda command, envelope: CommandRefused(
        command.twin, 1, -1, command.command_id, code, "no: " + code
    )


@asynccontextmanager
async def house(issuer: InMemoryIssuer, **gateway) -> AsyncIterator[House]:
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    settings = Settings.model_validate({"api_gateway": {"deadline_ms": 400, **gateway}})
    app = build(settings, bus=bus, scenes=MemoryBlobs(), guard=issuer.guard())
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", lifespan="on", ws="websockets-sansio")
    )
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        async with await bus.producer() as producer, httpx.AsyncClient(base_url=url, timeout=10) as client:
            made = House(bus, producer, issuer, url, client, app)
            await made.until(lambda: app.state.parts.model.caught_up)
            yield made
    finally:
        app.state.engine.stopping.set()
        server.should_exit = True
        await asyncio.wait_for(serving, 15)
