"""Puts the worker together; the only place that knows everyone."""

import asyncio
import gc
import uuid
from pathlib import Path

from sim_worker.adapters.asked import RequestFeed
from sim_worker.adapters.breadcrumbs import FileBreadcrumbs
from sim_worker.adapters.keyframes import BusKeyframes
from sim_worker.adapters.meter import MetricsMeter
from sim_worker.adapters.outlet import BusOutlet
from sim_worker.adapters.shelf import TopicShelf
from sim_worker.adapters.witness import MarkWitness
from sim_worker.adapters.workshop import EngineWorkshop
from sim_worker.domain.admission import Load
from sim_worker.domain.lag import LagLimits
from sim_worker.domain.places import lanes
from sim_worker.domain.ports import Breadcrumbs, Meter, Workshop
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.stall import StallGuard
from sim_worker.handlers.answering import Answers
from sim_worker.handlers.checkpoints import Checkpoints
from sim_worker.handlers.feeding import Feeder
from sim_worker.handlers.following import SpecFollower
from sim_worker.handlers.horizons import Horizons
from sim_worker.handlers.keyframes import Keyframes
from sim_worker.handlers.overload import Overload
from sim_worker.handlers.partitions import Partitions
from sim_worker.handlers.reporting import Reporter
from sim_worker.handlers.starting import Starter
from sim_worker.handlers.twin import TwinRun
from sim_worker.handlers.witness import Examiner
from sim_worker.handlers.worker import FoldWorker
from sim_worker.topics import Topics
from twin_common.blobs import BlobFolders, S3Blobs
from twin_common.bus.api import Bus, Consumer
from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Subscription, TopicPartition
from twin_common.clock import Clock, SystemClock
from twin_common.definition.fold_config import CommandBounds
from twin_common.health import Health, HealthServer
from twin_common.identity import Guard, TokenSource, guard_of, token_source
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_common.slices import Slices
from twin_schemas.records import TwinSpec
from twin_sim.engines import cpu_fingerprint

_NS = 1_000_000_000
_BUSY_PART = 0.8
"""A tick may keep a worker from its heartbeats for this part of its session."""
_GATHER_MS = 10
"""When the broker is busy; the predictions of many twins share a request then."""
_WATCHDOG_S = 10.0
"""A record that takes longer is taken for a hang, and the process for dead."""


async def build(
    settings: Settings,
    *,
    instance: str,
    bus: Bus,
    blobs: BlobFolders,
    workshop: Workshop,
    crumbs: Breadcrumbs,
    meter: Meter,
    health: Health,
    clock: Clock,
    cpu: str,
    guard: Guard,
    tokens: TokenSource,
) -> FoldWorker:
    """A fold worker on these parts; it holds a producer from now on and joins the group when it runs."""
    mine = settings.sim_worker
    topics = Topics.under(settings.stream.topic_prefix)
    slices = Slices()
    specs, load = SpecBook(), Load(mine.max_load, _BUSY_PART * mine.session_timeout_ms / 1000)
    producer = await bus.producer(gather_ms=_GATHER_MS)
    outlet = BusOutlet(producer, topics, clock, tokens)
    stalls = StallGuard(mine.session_timeout_ms * 1_000_000, clock.monotonic_ns())
    workers: list[FoldWorker] = []

    def new_run(twin: str) -> TwinRun:
        return TwinRun(twin, crumbs, meter, mine.breadcrumb_deaths, cpu)

    def gone(twin: str) -> None:
        for worker in workers:
            worker.forget(twin)

    def spec_changed(twin: str, before: TwinSpec | None) -> None:
        for worker in workers:
            worker.spec_changed(twin, before)

    follower = SpecFollower(bus, topics.specs, specs, spec_changed)
    horizons = Horizons(mine.horizon_threads, outlet, crumbs)
    feeder = Feeder(specs, workshop, outlet, horizons, stalls, meter, clock, slices, new_run)
    bounds = CommandBounds(settings.sync_engine.max_pending, settings.sync_engine.max_ahead_s)
    starter = Starter(specs, workshop, outlet, load, meter, clock, bounds, cpu)
    period_ns = mine.checkpoint_interval_ms * 1_000_000
    keyframes = Keyframes(
        BusKeyframes(producer, topics.keyframes, blobs),
        meter,
        clock,
        round(settings.retention.keyframe_s * _NS),
    )
    checkpoints = Checkpoints(
        outlet, blobs, keyframes, meter, clock, slices, period_ns, mine.state_inline_bytes
    )
    limits = LagLimits(degraded_s=mine.max_lag_s, park_s=mine.park_lag_s)
    overload = Overload(specs, outlet, load, limits, meter, clock, checkpoints.at_once)
    reporter = Reporter(specs, starter, overload, outlet, clock, instance, int(mine.stale_after_s * _NS))
    witness = MarkWitness(bus, topics.journal, blobs)
    partitions = Partitions(
        specs,
        follower,
        TopicShelf(bus, topics.checkpoints, blobs, slices),
        crumbs,
        feeder,
        checkpoints,
        outlet,
        Examiner(witness, witness),
        meter,
        clock,
        slices,
        new_run,
        lambda: stalls.stalled(clock.monotonic_ns()),
        gone,
    )
    answers = Answers(partitions, specs, guard, outlet, clock)
    feed = RequestFeed(bus, topics.requests, lambda: partitions.held, answers.on_record, clock)
    health.not_ready("group", "joining its group")

    async def assigned(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        await partitions.assigned(consumer, tps)
        health.ready("group")  # others may leave it now

    subscription = Subscription(
        topics=(topics.journal,),
        group=f"{settings.stream.topic_prefix}.sim-worker",
        instance_id=instance,
        session_timeout_ms=mine.session_timeout_ms,
        on_assigned=assigned,
        on_revoked=partitions.revoked,
    )
    worker = FoldWorker(
        bus=bus,
        subscription=subscription,
        specs=specs,
        follower=follower,
        partitions=partitions,
        feeder=feeder,
        starter=starter,
        checkpoints=checkpoints,
        reporter=reporter,
        overload=overload,
        horizons=horizons,
        outlet=outlet,
        producer=producer,
        answers=answers,
        feed=feed,
        guard=stalls,
        meter=meter,
        health=health,
        clock=clock,
    )
    workers.append(worker)
    return worker


def state_folder(settings: Settings) -> Path:
    """Where this host's workers leave their breadcrumbs."""
    chosen = settings.sim_worker.state_dir
    return Path(chosen) if chosen else Path.home() / ".local" / "state" / "hanzo-twin" / "sim-worker"


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run a fold worker on Kafka and object storage until told to stop."""
    clock, metrics = SystemClock(), Metrics()
    health = Health(clock)
    instance = settings.sim_worker.worker_id or f"sim-worker-{uuid.uuid4().hex[:8]}"
    crumbs = FileBreadcrumbs(state_folder(settings), instance, lanes(settings.sim_worker.horizon_threads))
    crumbs.catch_crashes(_WATCHDOG_S)
    workshop = EngineWorkshop(
        S3Blobs(settings.storage, settings.storage.buckets.scenes),
        enabled_engines(settings),
        crumbs,
        settings.sim_worker.breadcrumb_deaths,
    )
    server = HealthServer(settings.metrics, health, metrics)
    guard, tokens = guard_of(settings), token_source(settings)
    await server.start()
    try:
        await workshop.warm_up()
        gc.freeze()  # what was loaded up to here stays: don't search it for garbage in the middle of a tick
        worker = await build(
            settings,
            instance=instance,
            bus=KafkaBus(settings.stream, client_id=instance),
            blobs=S3Blobs(settings.storage, settings.storage.buckets.checkpoints),
            workshop=workshop,
            crumbs=crumbs,
            meter=MetricsMeter(metrics),
            health=health,
            clock=clock,
            cpu=cpu_fingerprint(),
            guard=guard,
            tokens=tokens,
        )
        await worker.run(stop)
    finally:
        workshop.close()
        await asyncio.gather(guard.close(), tokens.close(), return_exceptions=True)
        await server.close()
        crumbs.close()


def enabled_engines(settings: Settings) -> frozenset[str]:
    """Names of the engines that may run here."""
    return frozenset(name for name, engine in settings.engines if engine.enabled)
