"""A sync engine on a bus, and everything around it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from sync_engine.bootstrap import Service, build
from twin_common.blobs import MemoryBlobs
from twin_common.bus.api import Bus
from twin_common.bus.envelope import Envelope
from twin_common.bus.topics import create_topics
from twin_common.bus.types import NewTopic
from twin_common.definition import TwinDefinition
from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_common.identity import Guard
from twin_common.settings import Settings
from twin_schemas import codec
from twin_schemas.catalogue import catalogue
from twin_schemas.errors import SchemaError
from twin_schemas.records import (
    Channel,
    ChannelKind,
    ChannelRole,
    Desired,
    IncarnationRequested,
    ObservationFrame,
    PredictionFrame,
    Stamps,
    SyncStatus,
    TwinGenesis,
    TwinPrediction,
    TwinSpec,
)
from twin_sim.journal import EpochFilter, tick_time

HINGE = "/World/Pendulum/hinge"
CHANNELS = [
    Channel(0, HINGE, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, HINGE, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
    Channel(2, HINGE, ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
]


class World:
    """The bus with everything around the sync engine: specs, a worker that asks and predicts, and readers."""

    def __init__(self, bus: Bus, broker: str, prefix: str) -> None:
        self.bus, self.broker, self.prefix = bus, broker, prefix
        self.settings = Settings().model_copy(
            update={
                "stream": Settings().stream.model_copy(update={"topic_prefix": prefix}),
                "metrics": Settings().metrics.model_copy(update={"port": 0}),
            }
        )

    async def open(self) -> "World":
        async with await self.bus.admin() as admin:
            await create_topics(admin, catalogue(), self.prefix, partitions=2)
        self.producer = await self.bus.producer()
        return self

    async def close(self) -> None:
        await self.producer.close()

    def definition(self, name: str = "pendulum", **sync) -> TwinDefinition:
        sources = [
            {
                "type": "mqtt",
                "name": "sensors",
                "broker": self.broker,
                "topic": f"plant/{name}/#",
                "mapping": {
                    "angle": {"target": f"{HINGE}.position", "time": "t", "time_unit": "ns"},
                    "plain": f"{HINGE}.velocity",
                    "joints": {
                        "time": "time_ns",
                        "time_unit": "ns",
                        "joint_state": {"joints": {"hinge": HINGE}},
                    },
                },
            }
        ]
        wanted = {
            "mode": "realtime",
            "sources": sources,
            "publish": [{"type": "mqtt", "topic": f"out/{name}"}],
            "reconnect_backoff_ms": [20, 50],
            **sync,
        }
        return TwinDefinition.model_validate(
            {"name": name, "scene": {"uri": "scene.usda"}, "engine": {"type": "mujoco"}, "sync": wanted}
        )

    async def specify(
        self,
        definition: TwinDefinition,
        *,
        twin: str,
        revision: int = 1,
        desired: Desired = Desired.RUNNING,
        partition: int = 0,
    ) -> TwinSpec:
        spec = TwinSpec(
            twin=twin,
            org="local",
            name=definition.name,
            revision=revision,
            desired=desired,
            pool="default",
            partition=partition,
            scene="scene",
            scene_version=1,
            scene_digest="d" * 64,
            scene_file="scene.usda",
            definition=definition.canonical_json(),
            seed=1,
            created_ns=time.time_ns(),
        )
        async with await self.bus.admin() as admin:
            await admin.create_topics([NewTopic(f"{self.prefix}.{definition.name}", 1)])
        await self.put(spec)
        return spec

    async def put(self, spec: TwinSpec) -> None:
        await self.producer.send(
            f"{self.prefix}.twin.specs", key=spec.twin.encode(), value=codec.encode(spec)
        )

    async def forget(self, twin: str) -> None:
        await self.producer.send(f"{self.prefix}.twin.specs", key=twin.encode(), value=None)

    async def command(
        self,
        record,
        *,
        partition: int = 0,
        org: str = "local",
        traceparent: str | None = None,
        token: str | None = None,
        digest: str | None = None,
        actor: str | None = None,
    ) -> Envelope:
        envelope = Envelope.new(
            type=type(record).__name__,
            source="test",
            org=org,
            subject=record.twin,
            traceparent=traceparent,
            token=token,
            actor=actor,
        )
        envelope = replace(envelope, request_digest=digest)
        await self.producer.send(
            f"{self.prefix}.sim.commands",
            key=record.twin.encode(),
            value=codec.encode(record),
            partition=partition,
            headers=envelope.headers(),
        )
        return envelope

    async def incarnate(
        self, spec: TwinSpec, request_id: str = "request-1", channels=None, fold=None, token=None
    ) -> IncarnationRequested:
        request = IncarnationRequested(
            twin=spec.twin,
            org=spec.org,
            name=spec.name,
            revision=spec.revision,
            request_id=request_id,
            stamps=Stamps("mujoco", "3", "cpu", 1, spec.scene_digest, "m" * 64),
            seed=spec.seed,
            channels=CHANNELS if channels is None else channels,
            fold=fold or fold_config(TwinDefinition.model_validate_json(spec.definition), CommandBounds()),
            reason="first",
        )
        await self.command(request, partition=spec.partition, token=token)
        return request

    async def read(self, topic: str) -> list:
        """Everything on a topic, as (offset, key, record)."""
        async with await self.bus.reader() as reader:
            await reader.assign(*await reader.partitions(f"{self.prefix}.{topic}"))
            return [
                (record.offset, (record.key or b"").decode(), codec.decode(record.value))
                async for record in reader.read_to_end()
                if record.value is not None
            ]

    async def told(self, topic: str) -> list:
        """Everything on a topic, as (envelope, record)."""
        async with await self.bus.reader() as reader:
            await reader.assign(*await reader.partitions(f"{self.prefix}.{topic}"))
            return [
                (Envelope.parse(record.headers), codec.decode(record.value))
                async for record in reader.read_to_end()
                if record.value is not None
            ]

    async def last_value(self, topic: str) -> bytes | None:
        """What the newest record of a topic holds; None: a tombstone."""
        async with await self.bus.reader() as reader:
            await reader.assign(*await reader.partitions(f"{self.prefix}.{topic}"))
            *_, last = [record async for record in reader.read_to_end()]
            return last.value

    async def journal(self, twin: str) -> list:
        """A twin's journal with its void records, as (offset, record)."""
        return [(offset, record) for offset, key, record in await self.read("sim.journal") if key == twin]

    async def effective(self, twin: str) -> list:
        """Only the records that count."""
        epochs = EpochFilter()
        return [record for _, record in await self.journal(twin) if epochs.admits(record)]

    async def frames(self, twin: str) -> list[ObservationFrame]:
        return [record for record in await self.effective(twin) if isinstance(record, ObservationFrame)]

    async def predict(self, twin: str, *, partition: int = 0, value: float = 0.5) -> PredictionFrame:
        """Answer the newest frame, as a worker would."""
        *_, (offset, frame) = [(o, r) for o, r in await self.journal(twin) if isinstance(r, ObservationFrame)]
        genesis = next(r for _, r in reversed(await self.journal(twin)) if isinstance(r, TwinGenesis))
        prediction = PredictionFrame(
            incarnation=genesis.incarnation,
            offset=offset,
            epoch=frame.epoch.counter,
            tick=frame.tick,
            time_ns=tick_time(genesis.grid, frame.tick + 1),
            parameter_version=0,
            values=[value, 0.0],
            innovations=[],
            chain=b"\0" * 16,
        )
        await self.producer.send(
            f"{self.prefix}.sim.predictions",
            key=twin.encode(),
            value=codec.encode(prediction),
            partition=partition,
        )
        return prediction

    async def frames_of_readable(self, twin: str) -> list[ObservationFrame]:
        """Frames of a journal that also holds records which can't be read."""
        async with await self.bus.reader() as reader:
            await reader.assign(*await reader.partitions(f"{self.prefix}.sim.journal"))
            frames = []
            async for record in reader.read_to_end():
                with suppress(SchemaError):
                    found = codec.decode(record.value or b"")
                    if isinstance(found, ObservationFrame) and record.key == twin.encode():
                        frames.append(found)
            return frames

    async def public(self, name: str) -> list[TwinPrediction]:
        return [record for _, _, record in await self.read(name)]

    async def status(self, twin: str) -> SyncStatus | None:
        found = [record for _, key, record in await self.read("twin.status") if key == f"{twin}/sync"]
        return found[-1] if found else None

    @asynccontextmanager
    async def engine(self, guard: Guard | None = None, **sync_engine) -> AsyncIterator[Service]:
        """A running sync engine."""
        settings = self.settings.model_copy(
            update={"sync_engine": self.settings.sync_engine.model_copy(update=sync_engine)}
        )
        service = build(settings, bus=self.bus, blobs=MemoryBlobs(), guard=guard)
        stop = asyncio.Event()
        task = asyncio.create_task(service.run(stop))
        try:
            yield service
            if task.done():
                task.result()
        finally:
            stop.set()
            await asyncio.wait_for(task, 20)


async def until(check: Callable, within: float = 20.0):
    """Wait until an awaited check gives something true."""
    deadline = time.monotonic() + within
    while True:
        found = await check()
        if found:
            return found
        assert time.monotonic() < deadline, f"{check} didn't come true"
        await asyncio.sleep(0.05)


@pytest.fixture(name="until")
def until_fixture():
    return until


@pytest.fixture
def world_on() -> Callable:
    """Opens one on a bus of one's own."""

    @asynccontextmanager
    async def on(bus: Bus, broker: str, prefix: str) -> AsyncIterator[World]:
        one = await World(bus, broker, prefix).open()
        yield one
        await one.close()

    return on


@pytest.fixture
async def world(mosquitto, memory_bus) -> AsyncIterator[World]:
    """On the bus in memory."""
    one = await World(memory_bus, mosquitto.url, "hanzo.twin").open()
    yield one
    await one.close()


@pytest.fixture
async def kafka_world(mosquitto, kafka_bus, topic_prefix) -> AsyncIterator[World]:
    """On a real Kafka."""
    one = await World(kafka_bus, mosquitto.url, topic_prefix).open()
    yield one
    await one.close()


@pytest.fixture(params=["memory", "kafka"])
async def any_world(request, mosquitto) -> AsyncIterator[World]:
    """On either bus."""
    bus = request.getfixturevalue(f"{request.param}_bus")
    one = await World(bus, mosquitto.url, request.getfixturevalue("topic_prefix")).open()
    yield one
    await one.close()
