"""The only place that knows everyone: wires the service together and runs it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from scene_manager.adapters.checker import Checker
from scene_manager.adapters.delivery import BusDelivery
from scene_manager.adapters.encoding import Encoder
from scene_manager.adapters.inbox import TransactionalInbox
from scene_manager.adapters.postgres.connecting import open_pool
from scene_manager.adapters.postgres.migrate import migrate
from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.postgres.reach import reaching
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.adapters.rechecking import Recheck
from scene_manager.adapters.relay import Deliver, Failure, Relay
from scene_manager.adapters.scene_files import StoredFiles
from scene_manager.adapters.status_feed import StatusFeed
from scene_manager.domain.ports import Outbox, UnitOfWork
from scene_manager.domain.scene_ports import SceneFiles
from scene_manager.handlers.control import Control
from scene_manager.handlers.scene_deletion import remove_unnamed
from scene_manager.handlers.statuses import observe
from scene_manager.settings import SERVICE, rules_of, subscriptions_of
from twin_common import metrics_table as m
from twin_common.blobs import S3Links
from twin_common.bus.api import Admin, Bus
from twin_common.bus.kafka import KafkaBus
from twin_common.clock import Clock, SystemClock
from twin_common.errors import TopicMissing
from twin_common.health import Health, HealthServer
from twin_common.identity import Guard, guard_of
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_common.packages import Limits
from twin_common.runner import Runner
from twin_common.settings import Settings
from twin_common.turns import Turns
from twin_schemas.catalogue import catalogue, topic

DRAIN_S: Final = 5.0
"""How long a graceful stop waits for what is committed to be published."""

_log = get_logger(__name__)


class Service:
    """The scene manager over a bus, a unit of work and an outbox, whatever these are made of.

    Args:
        wake: set by `work` when something has been committed.
        files: the files of scene versions.
        guard: knows who asks; the one that the settings ask for when None.
        recheck: compares what was published with the broker; nobody does when None.
    """

    def __init__(
        self,
        settings: Settings,
        bus: Bus,
        work: UnitOfWork,
        outbox: Outbox,
        wake: asyncio.Event,
        *,
        files: SceneFiles,
        clock: Clock | None = None,
        metrics: Metrics | None = None,
        guard: Guard | None = None,
        recheck: Recheck | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self.metrics = metrics or Metrics()
        self.health = Health(clock)
        self._settings = settings
        self._bus = bus
        self._outbox = outbox
        self._wake = wake
        self._recheck = recheck
        self._guard = guard or guard_of(settings)
        encode = Encoder(clock)
        rules = rules_of(settings, files, work)
        self._remove_blob = partial(remove_unnamed, work=work, files=files)
        twins, scenes, statuses = subscriptions_of(settings)
        control = Control(rules, work, encode, self._guard, clock, self.metrics)
        runner = partial(
            Runner,
            bus,
            service=SERVICE,
            dead_letter_topic=topic("dead.letter").physical(settings.stream.topic_prefix),
            inbox=TransactionalInbox(),
            metrics=self.metrics,
            health=self.health,
            clock=clock,
        )
        self._twins = runner(twins, control.twins, ignored=control.scenes.keys())
        self._scenes = runner(scenes, control.scenes, ignored=None)
        looked_at = partial(observe, work=work, encode=encode)
        self._statuses = StatusFeed(bus, statuses, looked_at, self.health, clock)
        self._server = HealthServer(settings.metrics, self.health, self.metrics)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then finish what is in hand and publish what is committed.

        Raises:
            Exception: whatever ended a part of it; the others are stopped.
        """
        await self._server.start()
        try:
            async with await self._bus.producer() as producer, await self._bus.admin() as admin:
                stream = self._settings.stream
                await _check_topics(admin, stream.topic_prefix)
                delivery = BusDelivery(
                    producer,
                    admin,
                    self._remove_blob,
                    prefix=stream.topic_prefix,
                    replication=stream.replication,
                )
                await self._run_parts(stop, self._relay(delivery.deliver))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several
        finally:
            await self._guard.close()
            await self._server.close()

    async def _run_parts(self, stop: asyncio.Event, relay: Relay) -> None:
        async with asyncio.TaskGroup() as parts:
            relaying = parts.create_task(relay.run(), name="relay")
            looking = parts.create_task(self._recheck.run(), name="recheck") if self._recheck else None
            consuming = [
                parts.create_task(self._twins.run(stop), name="twins"),
                parts.create_task(self._scenes.run(stop), name="scenes"),
                parts.create_task(self._statuses.run(stop), name="statuses"),
            ]
            self.health.ready()
            _log.info("serving", tokens=self._settings.verifies_tokens)
            await asyncio.wait(consuming)
            if not any(task.exception() for task in consuming):
                await relay.drain(DRAIN_S)
            relaying.cancel()
            if looking is not None:
                looking.cancel()

    def _relay(self, deliver: Deliver) -> Relay:
        return Relay(
            self._outbox,
            deliver,
            wake=self._wake,
            poll_s=self._settings.scene_manager.outbox_poll_ms / 1000,
            on_failure=_warn,
            on_round=self._account,
        )

    def _account(self, pending: int | None) -> None:
        """What the outbox looks like to the relay."""
        if pending is None:
            self.health.finished("relay")  # it waits for its turn to lead, however long that takes
            return
        self.health.progress("relay")
        self.metrics.set(m.OUTBOX_PENDING, pending)


def files_of(settings: Settings) -> StoredFiles:
    """The files of scene versions in the bucket for scenes, checked as the settings say."""
    manager = settings.scene_manager
    checker = Checker(
        timeout_s=manager.check_timeout_s, memory_mb=manager.check_memory_mb, at_once=manager.checks_at_once
    )
    bucket = S3Links(settings.storage, settings.storage.buckets.scenes)
    return StoredFiles(bucket, checker, Limits(manager.max_scene_bytes), Turns(manager.checks_at_once))


async def serve(settings: Settings, stop: asyncio.Event, bus: Bus | None = None) -> None:
    """Bring the database up to date and serve until `stop` is set.

    Raises:
        DatabaseUnreachable, MigrationFailed: the database isn't there or can't be used.
        BrokerUnreachable: no broker answers.
    """
    url = settings.database.url.get_secret_value()
    applied = await asyncio.to_thread(migrate, url)
    if applied:
        _log.info("migrated", migrations=list(applied))
    wake = asyncio.Event()
    with reaching():
        pool = await open_pool(url, settings.database.pool_size)
    try:
        work = PostgresWork(pool, wake.set)
        files = files_of(settings)
        bus = bus or KafkaBus(settings.stream)
        lease_s = settings.scene_manager.session_timeout_ms / 1000
        outbox = PostgresOutbox(url, lease_s)
        recheck = Recheck(outbox, bus, settings.stream.topic_prefix)
        service = Service(settings, bus, work, outbox, wake, files=files, recheck=recheck)
        await service.run(stop)
    finally:
        pool.terminate()


async def _check_topics(admin: Admin, prefix: str) -> None:
    """Say at once what would otherwise be waited for in silence.

    Raises:
        TopicMissing: a topic of the catalogue that is read or written here doesn't exist.
    """
    needed = [
        spec.physical(prefix) for spec in catalogue().values() if SERVICE in spec.producers + spec.consumers
    ]
    if missing := set(needed) - set(await admin.describe_topics(needed)):
        raise TopicMissing(
            f"the broker has no topic {', '.join(sorted(missing))}; create the topics with `hanzo-twin dev up`, or "
            "set stream.topic_prefix to that of existing ones"
        )


def _warn(failure: Failure) -> None:
    draft = failure.entry.draft
    _log.warning(
        "not delivered, trying again",
        kind=draft.kind.value,
        subject=draft.subject,
        lane=draft.lane,
        retry_s=failure.retry_s,
        error=f"{type(failure.error).__name__}: {failure.error}",
    )
