"""Runs handlers over control topics: decode, de-duplicate, handle, commit after effect, retry, dead-letter,
stop cleanly.

Partitions are worked on beside each other, each in order. The poll loop never waits for a handler, so a slow
or failing one holds up nothing but its own partition, and the group's rebalances go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from twin_common import metrics_table as m
from twin_common.bus.api import Bus, Consumer
from twin_common.bus.types import AssignmentHook, Offset, Subscription, TopicPartition
from twin_common.clock import Clock, SystemClock
from twin_common.errors import BrokerUnreachable, CommitFenced
from twin_common.health import Health
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_common.runner.dead_letters import DeadLetterBox
from twin_common.runner.delivery import Delivery
from twin_common.runner.inbox import Inbox, MemoryInbox
from twin_common.runner.lane import Lane
from twin_common.runner.message import Handler
from twin_common.runner.policy import DeadLetterLimit, DeadLetterMeter, Retries

_log = get_logger(__name__)

_POLL_S = 0.1
_LANE_FULL = 64
_LANE_ROOM = 16


class Runner:
    """Consumes a subscription with handlers by record type.

    Args:
        bus: where records come from and dead letters go.
        subscription: topics and group; its hooks run too: `on_assigned` before the first record of a
            partition, `on_revoked` after its last effect is committed, so that a service can keep state
            across rebalances.
        handlers: what to do with each record type.
        service: who is named in dead letters.
        dead_letter_topic: physical name.
        ignored: record types on these topics that are somebody else's; None: all that have no handler, also what
            can't be read, which another group refuses.
        inbox: what has been handled; the last 10,000 ids in memory when None.
        retries: back-off of transient failures.
        limit: how many dead letters are too many.
        finish_within_s: a handler that takes longer when its partition goes is cancelled, and its record
            handled again.
        metrics, health, clock: the process's; fresh ones when None.
    """

    def __init__(
        self,
        bus: Bus,
        subscription: Subscription,
        handlers: Mapping[type[Any], Handler],
        *,
        service: str,
        dead_letter_topic: str,
        ignored: Collection[type[Any]] | None = (),
        inbox: Inbox | None = None,
        retries: Retries | None = None,
        limit: DeadLetterLimit | None = None,
        finish_within_s: float = 10.0,
        metrics: Metrics | None = None,
        health: Health | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._bus = bus
        self._wanted = subscription
        self._handlers = handlers
        self._ignored = None if ignored is None else frozenset(ignored)
        self._service = service
        self._dead_letter_topic = dead_letter_topic
        self._inbox = inbox or MemoryInbox()
        self._retries = retries or Retries()
        self._finish_within_s = finish_within_s
        self._limit = limit or DeadLetterLimit()
        self._metrics = metrics or Metrics(process=False)
        self._clock = clock or SystemClock()
        self._health = health or Health(self._clock)
        self._loop_name = f"runner {subscription.group}"
        self._lanes: dict[TopicPartition, Lane] = {}
        self._paused: set[TopicPartition] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; then finish what is in hand, commit, and leave the group.

        Raises:
            TooManyDeadLetters: too many records were refused in a short time.
            Exception: what a handler raised that is none of `Retryable`, `Rejected`, `Busy`. The record isn't
                committed: after a restart it comes again.
        """
        loop_name = self._loop_name
        self._health.not_ready(loop_name, "joining its group")
        async with await self._bus.producer() as producer:
            box = DeadLetterBox(producer, self._dead_letter_topic, self._service, self._clock)
            self._delivery = Delivery(
                self._handlers,
                self._ignored,
                self._inbox,
                self._retries,
                box,
                DeadLetterMeter(self._limit, self._clock),
                self._metrics,
                self._clock,
            )
            subscription = replace(self._wanted, on_assigned=self._assigned, on_revoked=self._revoked)
            consumer = await self._bus.consumer(subscription)
            try:
                while not stop.is_set():
                    self._health.progress(loop_name)
                    await self._step(consumer)
                await consumer.leave()
            finally:
                self._health.finished(loop_name)
                for lane in self._lanes.values():
                    await lane.abandon()
                await self._commit(consumer, self._lanes.values())
                self._lanes.clear()
                await consumer.close()

    async def _step(self, consumer: Consumer) -> None:
        for record in await consumer.poll(timeout=_POLL_S):
            self._lanes[record.tp].add(record)
        self._raise_failures(self._lanes.values())
        self._balance(consumer)
        await self._commit(consumer, self._lanes.values())

    def _balance(self, consumer: Consumer) -> None:
        """Pause partitions whose lane is full, resume those that have room again."""
        for tp, lane in self._lanes.items():
            if lane.backlog >= _LANE_FULL and tp not in self._paused:
                consumer.pause(tp)
                self._paused.add(tp)
            elif lane.backlog <= _LANE_ROOM and tp in self._paused:
                consumer.resume(tp)
                self._paused.discard(tp)
            where = {"group": self._wanted.group, "topic": tp.topic, "partition": str(tp.partition)}
            self._metrics.set(m.BACKLOG, lane.backlog, **where)

    async def _commit(self, consumer: Consumer, lanes: Iterable[Lane]) -> None:
        ready = {lane.tp: (lane, at) for lane in lanes if (at := lane.to_commit) is not None}
        if not ready:
            return
        offsets: dict[TopicPartition, Offset] = {tp: at for tp, (_, at) in ready.items()}
        try:
            await consumer.commit(offsets)
        except CommitFenced as error:
            # The partitions went to another member, which will handle these again; the inbox knows them.
            _log.warning("progress not committed", reason=str(error))
            return
        except BrokerUnreachable as error:
            _log.warning("progress not committed, trying again", reason=str(error))
            return
        for lane, at in ready.values():
            lane.committed(at.offset)

    async def _assigned(self, consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        await self._call(self._wanted.on_assigned, consumer, tps)
        for tp in tps:
            self._lanes[tp] = Lane(tp, self._delivery.deliver)
        self._health.ready(self._loop_name)  # others may leave the group now

    async def _revoked(self, consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        going = [self._lanes[tp] for tp in tps if tp in self._lanes]
        await asyncio.gather(*(lane.finish(self._finish_within_s) for lane in going))
        await self._commit(consumer, going)
        self._paused.difference_update(tps)
        for lane in going:
            del self._lanes[lane.tp]
        await self._call(self._wanted.on_revoked, consumer, tps)
        self._raise_failures(going)

    async def _call(
        self, hook: AssignmentHook | None, consumer: Consumer, tps: frozenset[TopicPartition]
    ) -> None:
        if hook is not None:
            await hook(consumer, tps)

    def _raise_failures(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            if (failure := lane.failure) is not None:
                raise failure
