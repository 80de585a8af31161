"""The fold worker: reads journals, folds them, and keeps everything around them in order."""

import asyncio
import logging
from collections import Counter
from typing import Protocol

from sim_worker.domain.ports import Meter, Outlet
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.stall import StallGuard
from sim_worker.errors import Stalled, Unacknowledged
from sim_worker.handlers.answering import Answers
from sim_worker.handlers.checkpoints import Checkpoints
from sim_worker.handlers.feeding import Feeder
from sim_worker.handlers.following import SpecFollower
from sim_worker.handlers.horizons import Horizons
from sim_worker.handlers.lost import TailLost
from sim_worker.handlers.overload import Overload
from sim_worker.handlers.partitions import Partitions
from sim_worker.handlers.reporting import Reporter
from sim_worker.handlers.starting import Starter
from twin_common.bus.api import Bus, Consumer, Producer
from twin_common.bus.types import Subscription
from twin_common.clock import Clock
from twin_common.errors import BusError, Retryable, SendFailed
from twin_common.health import Health
from twin_schemas.records import TwinSpec

log = logging.getLogger(__name__)

_POLL_S = 0.05
_BATCH = 500
_BEAT_S = 0.1
_AGAIN_S = 1.0
_HOUSEKEEPING_NS = 50_000_000
_LOOK_NS = 1_000_000_000
_COMMIT_NS = 1_000_000_000
_ANYWHERE = -1
"""The partition of a twin that was deleted before this worker knew it."""


class Feed(Protocol):
    """Reads what is asked, for ever."""

    async def run(self) -> None:
        """Read."""
        ...


class FoldWorker:
    """One process of role `fold`."""

    def __init__(
        self,
        bus: Bus,
        subscription: Subscription,
        specs: SpecBook,
        follower: SpecFollower,
        partitions: Partitions,
        feeder: Feeder,
        starter: Starter,
        checkpoints: Checkpoints,
        reporter: Reporter,
        overload: Overload,
        horizons: Horizons,
        outlet: Outlet,
        answers: Answers,
        feed: Feed,
        guard: StallGuard,
        producer: Producer,
        meter: Meter,
        health: Health,
        clock: Clock,
    ) -> None:
        """Wire it; nothing is opened yet."""
        self.partitions = partitions
        self._bus, self._subscription, self._specs, self._follower = bus, subscription, specs, follower
        self._feeder, self._starter, self._checkpoints, self._reporter = (
            feeder,
            starter,
            checkpoints,
            reporter,
        )
        self._overload, self._horizons, self._outlet, self._guard = overload, horizons, outlet, guard
        self._producer, self._meter, self._health, self._clock = producer, meter, health, clock
        self._answers, self._feed = answers, feed
        self._failures = 0
        self._due = {"keep": 0, "look": 0, "commit": 0}
        self._deleted: dict[str, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; every twin is checkpointed on the way out."""
        beat = asyncio.create_task(self._beat())
        follow = asyncio.create_task(self._follow())
        asked = asyncio.create_task(self._feed.run())
        try:
            while not stop.is_set():
                try:
                    await self._follower.catch_up()
                    await self._member(stop, (follow, asked))
                except Stalled as reason:
                    self._go_on_later(reason)
                except Unacknowledged as reason:
                    self._go_back(reason)
                except TailLost as reason:
                    self.partitions.distrust(reason)
                    self._go_back(reason)
                except (Retryable, SendFailed) as reason:
                    self._go_back(reason)
                    await self._clock.sleep(_AGAIN_S)
        finally:
            for task in (beat, follow, asked):
                task.cancel()
            await asyncio.gather(beat, follow, asked, return_exceptions=True)
            self._answers.close()
            self.partitions.discard()
            self._horizons.close()
            self._health.finished("fold")
            await self._close(self._producer)

    def _go_back(self, reason: Exception) -> None:
        """Give up what is in memory; the next membership begins at the checkpoints."""
        log.warning("%s: going on from the checkpoints", reason)
        self._meter.count("rejoins")
        self.partitions.discard()
        self._failures = self._outlet.failures
        self._begin_anew()

    def _go_on_later(self, reason: Stalled) -> None:
        """Give up what is held, and go on from there unless somebody else did, so that no load undoes what is done.

        What was said before the stall and isn't acknowledged yet still counts as a failure when it fails.
        """
        log.warning("%s: joining again", reason)
        self._meter.count("rejoins")
        self.partitions.put_aside()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._guard.reset(self._clock.monotonic_ns())
        # it lives and tries again: a restart of the process would reach no broker either
        self._health.progress("fold")

    async def _follow(self) -> None:
        while True:
            try:
                await self._follower.follow()
            except Retryable as reason:
                log.warning("following the specs: %s; trying again", reason)
                await self._clock.sleep(_AGAIN_S)

    async def _beat(self) -> None:
        while True:
            self._guard.beat(self._clock.monotonic_ns())
            await asyncio.sleep(_BEAT_S)

    async def _member(self, stop: asyncio.Event, beside: "tuple[asyncio.Task[None], ...]") -> None:
        """Be a member of the group until told to stop, or until memory can't be trusted any more."""
        consumer = await self._bus.consumer(self._subscription)
        self._guard.allow(consumer.session_timeout_ms * 1_000_000)
        try:
            while not stop.is_set():
                self._check()
                self.partitions.begin_reading(consumer)
                patience_s = 0.0 if self._feeder.behind else _POLL_S
                records = await consumer.poll(max_records=_BATCH, timeout=patience_s)
                self._check()
                self._health.progress("fold")
                self._health.ready()
                for record in records:
                    held = self.partitions.held.get(record.partition)
                    if held is not None and held.reading:
                        await self._feeder.feed(held, record)
                await self._feeder.drain()
                await self._keep_house(consumer)
                for task in beside:
                    if task.done():
                        task.result()
            await consumer.leave()
        except Stalled:
            self.partitions.put_aside()
            await self._close(consumer)
            raise
        except BaseException:
            # what is in memory may be ahead of what was said: nothing of it is written on the way out
            self.partitions.discard()
            await self._close(consumer)
            raise

    async def _close(self, client: Consumer | Producer) -> None:
        try:
            await client.close()
        except (BusError, Retryable) as error:
            log.warning("closing: %s", error)

    def _check(self) -> None:
        if self._guard.stalled(self._clock.monotonic_ns()):
            self._meter.count("stalls")
            raise Stalled("the process stood still for longer than its session")
        if self._outlet.failures != self._failures:
            raise Unacknowledged("a prediction was not acknowledged")

    async def _keep_house(self, consumer: Consumer) -> None:
        now = self._clock.monotonic_ns()
        changed = self._feeder.changed | self._starter.changed | self._deleted.keys()
        if now < self._due["keep"] and not changed:
            return
        self._due["keep"] = now + _HOUSEKEEPING_NS
        self._feeder.changed.clear()
        self._starter.changed.clear()
        for twin in changed:
            self._checkpoints.at_once(twin)
        await self._forget_deleted()
        await self.partitions.notice_caught_up(consumer)
        partitions = list(self.partitions.held.values())
        for held in partitions:
            if held.failure is not None:
                raise held.failure
            if held.caught_up:
                for spec in self._specs.on_partition(held.number):
                    await self._starter.reconcile(held, spec)
        if now >= self._due["look"]:
            self._due["look"] = now + _LOOK_NS
            await self._overload.look(partitions)
            self._measure()
            self.partitions.release_kept()
            self.partitions.settle()
        for held in partitions:
            if held.reading:
                await self._reporter.report(held, changed)
        await self._checkpoints.collect(partitions)
        if now >= self._due["commit"]:
            self._due["commit"] = now + _COMMIT_NS
            await self.partitions.commit(consumer)

    def spec_changed(self, twin: str, before: TwinSpec | None) -> None:
        """A spec was written or deleted; `before` is what was known."""
        if self._specs.get(twin) is None:
            self._deleted[twin] = before.partition if before is not None else _ANYWHERE
        else:
            self._starter.retry(twin)

    async def _forget_deleted(self) -> None:
        while self._deleted:
            twin = next(iter(self._deleted))
            partition = self._deleted.pop(twin)
            held = self.partitions.held.get(partition)
            run = held.runs.pop(twin, None) if held is not None else None
            if held is not None and run is not None:
                await self._checkpoints.bury(held, run)
            if held is not None or partition == _ANYWHERE:
                await self._outlet.forget_status(twin)
            self.forget(twin)

    def forget(self, twin: str) -> None:
        """Nothing of a twin is this worker's any more."""
        for part in (self._starter, self._checkpoints, self._reporter, self._overload, self._meter):
            part.forget(twin)

    def _measure(self) -> None:
        everyone = [run for held in self.partitions.held.values() for run in held.runs.values()]
        for run in everyone:
            if run.genesis is not None:
                self._meter.counted(run.twin, run.genesis.name, run.engine, run.counts, run.behind_s)
        self._meter.parked(Counter(trouble.code for run in everyone if (trouble := run.trouble())))
        engines = (run.genesis.stamps.engine for run in everyone if run.engine_open and run.genesis)
        self._meter.active(Counter(engines))
