"""The newest reports of workers and sync engines, and what sync engines have counted."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import SimPhase, SimStatus, SyncStatus

_FRESH_NS = 2_500_000_000
QUIET = {"log_level": 0, "reconnect.backoff.ms": 100, "reconnect.backoff.max.ms": 500}
"""A broker that is away is no news here."""
READINGS_A_MESSAGE = 3
"""Position, velocity and effort."""


class Statuses:
    """Follows `twin.status` in a thread of its own."""

    def __init__(self) -> None:
        self.sim: dict[str, SimStatus] = {}
        self.sync: dict[str, SyncStatus] = {}
        self._counted: dict[str, dict[str, int]] = defaultdict(dict)
        self._sums: dict[str, int] = defaultdict(int)
        self._links: dict[str, dict[str, int]] = defaultdict(dict)
        self._lost_links: dict[str, list[int]] = defaultdict(list)

    def workers(self) -> dict[str, str]:
        """Name of the worker by twin id, of the twins that are reported as running just now."""
        fresh = time.time_ns() - _FRESH_NS
        return {
            twin: each.worker
            for twin, each in self.sim.items()
            if each.at_ns > fresh and each.phase is SimPhase.RUNNING
        }

    def engines(self) -> dict[str, str]:
        """Name of the sync engine by twin id, of the twins that are reported just now."""
        fresh = time.time_ns() - _FRESH_NS
        return {twin: each.engine for twin, each in self.sync.items() if each.at_ns > fresh}

    def counted(self, twin: str) -> int:
        """Messages that sync engines have dropped so far, or had no use for."""
        return self._sums[twin]

    def lost_a_link(self, twin: str, from_ns: int, until_ns: int) -> bool:
        """Whether a report of that time told of more lost links than the one before."""
        return any(from_ns <= at_ns < until_ns for at_ns in self._lost_links[twin])

    def take(self, status: SimStatus | SyncStatus) -> None:
        """A report came."""
        if isinstance(status, SimStatus):
            self.sim[status.twin] = status
            return
        counts, links = status.counts, self._links[status.twin]
        if (lost := counts.get("link_lost", 0)) > links.get(status.engine, 0):
            self._lost_links[status.twin].append(status.at_ns)
        links[status.engine] = lost
        self.sync[status.twin] = status
        readings = counts.get("dropped", 0) + counts.get("while_stopped", 0)
        # what is refused excuses nothing: plants say nothing that deserves it
        now = -(-readings // READINGS_A_MESSAGE) + counts.get("before_genesis", 0)
        before = self._counted[status.twin].get(status.engine, 0)
        # Counters go on while an engine has the twin, over epochs; one that falls has begun anew.
        self._sums[status.twin] += now - before if now >= before else now
        self._counted[status.twin][status.engine] = now


@asynccontextmanager
async def watching(brokers: str, prefix: str = "hanzo.twin") -> AsyncIterator[Statuses]:
    """Follow the reports as long as the context lasts."""
    statuses, stop = Statuses(), asyncio.Event()
    config = {"bootstrap.servers": brokers, "group.id": "statuses", "enable.auto.commit": False, **QUIET}
    consumer = Consumer(config)
    name = topic("twin.status").physical(prefix)
    partitions = range(topic("twin.status").partitions)
    consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for number in partitions])
    task = asyncio.create_task(_follow(consumer, statuses, stop))
    try:
        yield statuses
    finally:
        stop.set()
        await task
        consumer.close()


async def _follow(consumer: Consumer, statuses: Statuses, stop: asyncio.Event) -> None:
    while not stop.is_set():
        for message in await asyncio.to_thread(consumer.consume, 500, 0.2):
            value = message.value()
            if message.error() is None and value is not None:
                record = codec.decode(value)
                if isinstance(record, SimStatus | SyncStatus):
                    statuses.take(record)


def all_on(held: dict[str, str], twins: Iterable[str], without: str | None = None) -> bool:
    """Whether somebody has every one of these twins, and nobody of that name has any."""
    return all(held.get(twin) not in (None, without) for twin in twins)
