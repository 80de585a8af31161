"""A bus with topics, specs on it, and workers that run until the test ends."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sim_worker.adapters.meter import MetricsMeter
from sim_worker.bootstrap import build
from sim_worker.domain.ports import Breadcrumbs, Workshop
from sim_worker.handlers.worker import FoldWorker
from sim_worker.topics import Topics
from sim_worker_support.carts import CartWorkshop, NoCrumbs
from sim_worker_support.journals import JournalWriter
from twin_common.blobs import BlobFolders, MemoryBlobs
from twin_common.bus.api import Bus, Producer
from twin_common.bus.types import NewTopic, Record, TopicPartition
from twin_common.clock import SystemClock
from twin_common.definition import TwinDefinition
from twin_common.health import Health
from twin_common.identity import Guard, NoTokens, OpenGuard, TokenSource
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_schemas import codec
from twin_schemas.catalogue import catalogue
from twin_schemas.records import Desired, PredictionFrame, SimPhase, SimStatus, TwinSpec
from twin_sim.fold import Fold
from twin_sim.testing.cart import open_cart

PARTITIONS = 4


def definition(name: str, **sync: Any) -> TwinDefinition:
    mapping = {"x": "/Rail.position", "y": "/Rail.velocity", "z": "/Rail.effort"}
    source = {"type": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "cart/#", "mapping": mapping}
    body = {"sources": [source], "assimilation": {"mode": "nudge"}, **sync}
    return TwinDefinition.model_validate(
        {
            "name": name,
            "scene": {"uri": "cart.usda"},
            "engine": {"type": "mujoco", "config": {"step_hz": 240}},
            "sync": body,
        }
    )


class World:
    def __init__(self, bus: Bus, producer: Producer, prefix: str = "hanzo.twin", **worker: Any) -> None:
        options = {"checkpoint_interval_ms": 50, "session_timeout_ms": 1000, **worker}
        self.settings = Settings.model_validate({"sim_worker": options, "stream": {"topic_prefix": prefix}})
        self.topics = Topics.under(self.settings.stream.topic_prefix)
        self.bus, self.producer = bus, producer
        self.blobs: BlobFolders = MemoryBlobs()
        self.metrics = Metrics(process=False)
        self.workshop: Workshop = CartWorkshop()
        self.crumbs: Breadcrumbs = NoCrumbs()
        self.guard: Guard = OpenGuard("local")
        self.tokens: TokenSource = NoTokens()
        self.running: dict[str, tuple[FoldWorker, asyncio.Event, asyncio.Task[None]]] = {}

    async def create_topics(self) -> None:
        async with await self.bus.admin() as admin:
            names = ["sim.journal", "sim.commands", "sim.predictions", "sim.horizons", "sim.checkpoints"]
            names += [
                "sim.keyframes",
                "sim.requests",
                "bus.replies",
                "twin.specs",
                "twin.status",
                "control.events",
            ]
            prefix = self.settings.stream.topic_prefix
            wanted = [NewTopic(catalogue()[name].physical(prefix), PARTITIONS) for name in names]
            await admin.create_topics(wanted)

    # Twins ----------------------------------------------------------------------------------------------------

    async def specify(self, name: str = "cart", partition: int = 1, **changes: Any) -> TwinSpec:
        written = changes.pop("written", None) or definition(name, **changes.pop("sync", {}))
        spec = TwinSpec(
            twin=str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            org="local",
            name=name,
            revision=1,
            desired=Desired.RUNNING,
            pool="default",
            partition=partition,
            scene="scene",
            scene_version=1,
            scene_digest="carts",
            scene_file="cart.usda",
            definition=written.canonical_json(),
            seed=7,
            created_ns=1,
        )
        spec = replace(spec, **changes)
        await self.put(spec)
        return spec

    async def put(self, spec: TwinSpec) -> None:
        await self.producer.send(self.topics.specs, value=codec.encode(spec), key=spec.twin.encode())

    async def delete(self, spec: TwinSpec) -> None:
        await self.producer.send(self.topics.specs, value=None, key=spec.twin.encode())

    def journal(self, spec: TwinSpec) -> JournalWriter:
        start = time.time_ns() - 1_000_000_000
        return JournalWriter(self.bus, self.producer, self.topics, spec.twin, spec.partition, start)

    async def started(
        self, name: str = "cart", partition: int = 1, **changes: Any
    ) -> tuple[TwinSpec, JournalWriter]:
        """A twin whose genesis is in its journal; a worker must be running."""
        spec = await self.specify(name, partition, **changes)
        journal = self.journal(spec)
        await until(journal.grant)
        return spec, journal

    # Workers --------------------------------------------------------------------------------------------------

    async def work(self, name: str = "w1") -> FoldWorker:
        worker = await build(
            self.settings,
            instance=name,
            bus=self.bus,
            blobs=self.blobs,
            workshop=self.workshop,
            crumbs=self.crumbs,
            meter=MetricsMeter(self.metrics),
            clock=SystemClock(),
            health=Health(SystemClock()),
            cpu="test-cpu",
            guard=self.guard,
            tokens=self.tokens,
        )
        stop = asyncio.Event()
        self.running[name] = (worker, stop, asyncio.create_task(worker.run(stop)))
        return worker

    async def stop(self, name: str = "w1") -> None:
        _, stop, task = self.running.pop(name)
        stop.set()
        await asyncio.wait_for(task, 10)

    async def kill(self, name: str = "w1") -> None:
        """End a worker without any of its farewells, as far as one can inside one process."""
        _, _, task = self.running.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        for name in list(self.running):
            await self.stop(name)

    # What was said --------------------------------------------------------------------------------------------

    async def read(self, topic: str, partition: int | None = None) -> list[Record]:
        async with await self.bus.reader() as reader:
            tps = await reader.partitions(topic)
            await reader.assign(*(tp for tp in tps if partition in (None, tp.partition)))
            return [record async for record in reader.read_to_end()]

    async def predictions(self, spec: TwinSpec) -> list[PredictionFrame]:
        records = await self.read(self.topics.predictions, spec.partition)
        return [codec.decode(r.value) for r in records if r.key == spec.twin.encode() and r.value]  # type: ignore[misc]

    async def journal_of(self, spec: TwinSpec) -> list[tuple[int, Any]]:
        """Offsets and records of a twin's journal."""
        records = await self.read(self.topics.journal, spec.partition)
        return [(r.offset, codec.decode(r.value)) for r in records if r.key == spec.twin.encode() and r.value]

    async def refolded(self, spec: TwinSpec) -> list[PredictionFrame]:
        """What a fold of the raw journal predicts, from the beginning and without a worker."""
        fold = Fold(open_cart)
        said = []
        for record in await self.read(self.topics.journal, spec.partition):
            if record.key == spec.twin.encode() and record.value is not None:
                said += fold.take(record.offset, codec.decode(record.value))  # type: ignore[arg-type]
        return [frame for frame in said if isinstance(frame, PredictionFrame)]

    async def status(self, spec: TwinSpec) -> SimStatus | None:
        newest = None
        for record in await self.read(self.topics.status):
            if record.key == f"{spec.twin}/sim".encode():
                newest = codec.decode(record.value) if record.value is not None else None
        return newest  # type: ignore[return-value]

    async def reached(self, spec: TwinSpec, phase: SimPhase) -> SimStatus:
        async def there() -> SimStatus | None:
            status = await self.status(spec)
            return status if status is not None and status.phase == phase else None

        return await until(there)

    async def folded(self, spec: TwinSpec, offset: int) -> None:
        async def there() -> bool:
            return any(p.offset >= offset for p in await self.predictions(spec))

        await until(there)

    async def checkpoint_offset(self, spec: TwinSpec) -> int:
        records = await self.read(self.topics.checkpoints, spec.partition)
        mine = [
            r.value for r in records if r.value is not None and (r.key or b"").startswith(spec.twin.encode())
        ]
        return max((codec.decode(value).offset for value in mine), default=-1)  # type: ignore[attr-defined]

    async def covered(self, spec: TwinSpec, offset: int) -> None:
        async def there() -> bool:
            return await self.checkpoint_offset(spec) >= offset

        await until(there)


@asynccontextmanager
async def world(bus: Bus, prefix: str = "hanzo.twin", **worker: Any) -> AsyncIterator[World]:
    async with await bus.producer() as producer:
        made = World(bus, producer, prefix, **worker)
        await made.create_topics()
        try:
            yield made
        finally:
            await made.close()


async def until(question: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Ask until the answer is yes."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await question()
        if answer:
            return answer
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(f"still no answer after {seconds} s")
        await asyncio.sleep(0.02)


def tp_of(world: World, spec: TwinSpec) -> TopicPartition:
    return TopicPartition(world.topics.journal, spec.partition)
