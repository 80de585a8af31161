"""Puts the archivist together."""

import asyncio
import uuid

from sync_engine.handlers.archiving import Archivist
from sync_engine.handlers.expiry import Expiry
from sync_engine.handlers.filling import Bounds
from sync_engine.handlers.sealing import Sealer
from twin_common.blobs import BlobFolders, S3Blobs
from twin_common.bus.api import Bus
from twin_common.bus.kafka.bus import KafkaBus
from twin_common.bus.types import Subscription
from twin_common.clock import NS_PER_S, Clock, SystemClock
from twin_common.health import Health, HealthServer
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_schemas.catalogue import topic


def build(
    settings: Settings,
    *,
    bus: Bus,
    blobs: BlobFolders,
    clock: Clock,
    health: Health,
    metrics: Metrics,
    instance: str,
) -> Archivist:
    """An archivist on these parts."""
    mine, prefix = settings.retention, settings.stream.topic_prefix
    bounds = Bounds(
        after_ms=round(mine.seal_after_s * 1000),
        size=mine.seal_bytes,
        kept_ms=mine.journal_hours * 3_600_000,
        kept_bytes=mine.journal_bytes,
    )
    sealer = Sealer(bus, prefix, blobs, bounds, clock, metrics)
    subscription = Subscription(
        topics=(topic("sim.journal").physical(prefix),),
        group=f"{prefix}.archivist",
        instance_id=instance,
        session_timeout_ms=settings.stream.session_timeout_ms,
        rebalance_timeout_ms=60_000,
        on_assigned=sealer.assigned,
        on_revoked=sealer.revoked,
    )
    expiry = Expiry(bus, prefix, blobs, mine.sealed_days, clock)
    return Archivist(bus, subscription, sealer, expiry, round(mine.mark_s * NS_PER_S), clock, health)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run an archivist on Kafka and object storage until told to stop."""
    clock, metrics = SystemClock(), Metrics()
    health = Health(clock, stalled_after_s=120.0)
    instance = settings.sync_engine.archivist_id or f"archivist-{uuid.uuid4().hex[:8]}"
    server = HealthServer(settings.metrics, health, metrics)
    await server.start()
    try:
        archivist = build(
            settings,
            bus=KafkaBus(settings.stream, client_id=instance),
            blobs=S3Blobs(settings.storage, settings.storage.buckets.checkpoints),
            clock=clock,
            health=health,
            metrics=metrics,
            instance=instance,
        )
        await archivist.run(stop)
    finally:
        await server.close()
