"""The only place that knows everyone: puts the sync engine together."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sync_engine.adapters.bridges import BRIDGES
from sync_engine.adapters.follower import PartitionFollower
from sync_engine.adapters.journal import KafkaJournal
from sync_engine.adapters.public import KafkaPublic
from sync_engine.adapters.specs import follow_specs
from sync_engine.adapters.tails import KafkaTails
from sync_engine.domain.limits import Limits
from sync_engine.domain.ports import Bridge
from sync_engine.handlers.commands import AlwaysAnew, Commands
from sync_engine.handlers.handing_over import Leaving, hand_over
from sync_engine.handlers.holding import Holding
from sync_engine.handlers.partitions import Partitions
from sync_engine.handlers.permission import Permission
from sync_engine.handlers.predictions import Predictions
from sync_engine.handlers.telemetry import Telemetry, report_statuses
from sync_engine.handlers.watch import StallWatch
from sync_engine.handlers.writing import Writing
from twin_common.blobs import BlobFolders, S3Blobs, state_of
from twin_common.bus.api import Bus, Consumer
from twin_common.bus.kafka.bus import KafkaBus
from twin_common.bus.types import Subscription, TopicPartition
from twin_common.clock import NS_PER_S, Clock, SystemClock
from twin_common.health import Health, HealthServer
from twin_common.identity import Guard, guard_of
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_common.runner.runner import Runner
from twin_common.settings import Settings
from twin_schemas.catalogue import topic

_log = get_logger(__name__)

_BEAT_S = 0.1
_HAND_OVER_S = 3.0
"""A successor has heard of us leaving by its next heartbeat, and acquires what it gets at once."""
_LEAVING_S = 10.0
"""The same where nobody waits for it: a member that has just started may take a while."""
_READ_BACK_MS = 50
"""A journal is read back only for acquisitions: our own, and those of a successor."""


@dataclass(slots=True)
class Service:
    """The sync engine, ready to run.

    Attributes:
        partitions: what it holds.
        watch: its own heartbeat.
        health, metrics: what it says of itself.
    """

    partitions: Partitions
    watch: StallWatch
    health: Health
    metrics: Metrics
    _clock: Clock
    _server: HealthServer
    _runner: Runner
    _journal: KafkaJournal
    _public: KafkaPublic
    _writing: Writing
    _bridges: dict[str, Bridge]
    _guard: Guard
    _leaving: Leaving
    _bus: Bus
    _commands: str
    _background: list[Callable[[], Awaitable[None]]]
    _crashed: asyncio.Future[None]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then leave the group, write on until others have acquired the journals, and let
        everything be acknowledged.

        Raises:
            Exception: whatever a part failed with; nothing goes on half alive.
        """
        await self._public.open()
        await self._server.start()
        finish = asyncio.Event()
        tasks = [asyncio.ensure_future(part()) for part in self._background]
        runner = asyncio.create_task(self._runner.run(finish), name="commands")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        self.health.ready()
        _log.info("running", metrics_port=self._server.port)
        try:
            watched: set[asyncio.Future[Any]] = {*tasks, runner, stopping, self._crashed}
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                successor = await self._leaving.has_successor(self._bus, self._commands)
                finish.set()
                await asyncio.wait({runner})
                if successor:
                    await hand_over(self.partitions, _HAND_OVER_S)
            await self.partitions.close()
            finish.set()
            for task in (*tasks, runner, self._crashed):
                if task.done():
                    task.result()
        finally:
            await self._close([*tasks, runner, stopping])

    async def _close(self, tasks: list[asyncio.Future[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writing.close()
        for bridge in self._bridges.values():
            await bridge.close()
        await asyncio.gather(self._journal.close(), self._public.close(), return_exceptions=True)
        await self._guard.close()
        await self._server.close()


def build(
    settings: Settings,
    *,
    bus: Bus | None = None,
    blobs: BlobFolders | None = None,
    clock: Clock | None = None,
    guard: Guard | None = None,
) -> Service:
    """Wire a sync engine; what isn't handed in is made from the settings. Needs a running event loop.

    Args:
        settings: of the whole system.
        bus: where topics live; Kafka when None.
        blobs: where large checkpoints lie; the configured S3 store when None.
        clock: the host's when None.
        guard: verifies whoever commands; the one that the settings ask for when None.
    """
    mine, prefix = settings.sync_engine, settings.stream.topic_prefix
    clock = clock or SystemClock()
    bus = bus or KafkaBus(settings.stream, client_id="sync-engine")
    stored = blobs

    async def blob(twin: str, digest: str) -> bytes:
        nonlocal stored
        stored = stored or S3Blobs(settings.storage, settings.storage.buckets.checkpoints)
        return await state_of(stored, twin, digest)

    metrics, health = Metrics(), Health(clock)
    guard = guard or guard_of(settings)
    engine = mine.writer_id or f"sync-{uuid.uuid4().hex[:8]}"
    writer = f"{engine}-{uuid.uuid4().hex[:6]}"  # an epoch's writer is never used by another process

    crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def crash(error: Exception) -> None:
        if not crashed.done():
            crashed.set_exception(error)

    watch = StallWatch(
        clock,
        lambda ns: partitions.lose_all(f"this process stood still for {ns / NS_PER_S:.1f} s"),
        lambda since_ns: predictions.hold_back(since_ns),
    )
    journal_topic = topic("sim.journal").physical(prefix)
    journal = KafkaJournal(bus, journal_topic, lambda error: partitions.journal_lost(error), watch.answered)
    public = KafkaPublic(
        bus,
        prefix,
        clock,
        metrics,
        is_meant=lambda name, since_ns: predictions.is_meant(name, since_ns),
        on_answer=watch.answered,
        answer_ms=watch.limit(mine.session_timeout_ms),
    )
    telemetry = Telemetry(metrics)
    writing = Writing(
        journal,
        clock,
        watch,
        lambda held, error: partitions.give_up(held, error),
    )
    commands_topic = topic("sim.commands").physical(prefix)
    checkpoints = topic("sim.checkpoints").physical(prefix)
    tails = KafkaTails(bus, journal_topic, checkpoints, commands_topic, blob, clock)
    bridges = {name: make(settings, clock, crash) for name, make in BRIDGES.items()}
    holding = Holding(
        writer=writer,
        limits=Limits(
            payload_bytes=settings.mqtt.max_payload_bytes,
            longest_wait_ns=round(mine.frame_wait_ms * 1_000_000),
            gap_ns=round(mine.gap_after_s * NS_PER_S),
            command_window=mine.dedupe_window,
            clock_tolerance_ns=round(mine.clock_tolerance_s * NS_PER_S),
            pending=mine.max_pending,
            ahead_s=mine.max_ahead_s,
        ),
        clock=clock,
        journal=journal,
        tails=tails,
        public=public,
        writing=writing,
        bridges=bridges,
        default_broker=settings.mqtt.default_broker,
    )
    partitions = Partitions(
        holding=holding,
        clock=clock,
        journal=journal,
        tails=tails,
        public=public,
        writing=writing,
        crash=crash,
    )
    predictions = Predictions(partitions, journal, public, clock, watch)
    journal_follower = PartitionFollower(
        bus, journal_topic, partitions.on_journal, clock, gather_ms=_READ_BACK_MS
    )
    prediction_follower = PartitionFollower(
        bus, topic("sim.predictions").physical(prefix), predictions.on_record, clock
    )
    partitions.attach(journal_follower, prediction_follower)

    leaving = Leaving(partitions, _LEAVING_S)

    async def assigned(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        watch.limit(consumer.session_timeout_ms)
        still = await leaving.still(frozenset(tp.partition for tp in tps))
        kept = {TopicPartition(commands_topic, number) for number in still}
        await partitions.on_assigned(consumer, tps | kept)

    runner = Runner(
        bus,
        Subscription(
            topics=(commands_topic,),
            group=f"{prefix}.sync-engine",
            instance_id=engine,
            session_timeout_ms=mine.session_timeout_ms,
            on_assigned=assigned,
        ),
        Commands(partitions, journal, tails, writing, public, Permission(guard, public, clock)).handlers(),
        service="sync-engine",
        dead_letter_topic=topic("dead.letter").physical(prefix),
        inbox=AlwaysAnew(),
        metrics=metrics,
        health=health,
        clock=clock,
    )

    async def beat() -> None:
        while True:
            watch.beat()
            await clock.sleep(_BEAT_S)

    return Service(
        partitions=partitions,
        watch=watch,
        health=health,
        metrics=metrics,
        _clock=clock,
        _server=HealthServer(settings.metrics, health, metrics),
        _runner=runner,
        _journal=journal,
        _public=public,
        _writing=writing,
        _bridges=bridges,
        _guard=guard,
        _leaving=leaving,
        _bus=bus,
        _commands=commands_topic,
        _background=[
            journal.run,
            journal_follower.run,
            prediction_follower.run,
            beat,
            lambda: follow_specs(
                bus,
                topic("twin.specs").physical(prefix),
                clock,
                partitions.on_spec,
                partitions.specs_loaded,
                lambda problem: _log.error("a spec can't be read", reason=problem),
            ),
            lambda: report_statuses(partitions, public, telemetry, engine, clock, health),
        ],
        _crashed=crashed,
    )
