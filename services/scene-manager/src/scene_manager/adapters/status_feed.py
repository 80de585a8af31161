"""Reads what workers report, in a consumer group, in order per twin.

These records are state, not commands: they carry no envelope, the newest of a twin is what counts, and one
that can't be read is logged and left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from twin_common.bus.api import Bus, Consumer
from twin_common.bus.types import Offset, Record, Subscription, TopicPartition
from twin_common.clock import NS_PER_S, Clock
from twin_common.errors import CommitFenced, Retryable
from twin_common.health import Health
from twin_common.logs import get_logger
from twin_schemas.codec import decode
from twin_schemas.errors import CorruptRecord, UnknownSchema
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.sim_status import SimStatus

_log = get_logger(__name__)

_PAUSE_S = 0.5
_REPORTER = b"/sim"

_LAST = (SimPhase.STOPPED, SimPhase.FAILED, SimPhase.PARKED)
"""Such a twin is reported when it changes only, and may be gone for good."""
_REPEATED_NS = 5 * NS_PER_S

Observe = Callable[[SimStatus, int, int], Awaitable[bool]]
"""Takes a status, its offset, and when the broker took it, ms; says whether it changed anything."""


class Repeats:
    """Statuses that say what changed nothing a moment ago: a running twin is reported every second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, tuple[object, int]] = {}

    def contain(self, status: SimStatus) -> bool:
        """Whether the last one of this twin said the same, changed nothing, and was looked at lately."""
        said, until_ns = self._known.get(status.twin, (None, 0))
        return said == _essence(status) and self._clock.monotonic_ns() < until_ns

    def forget(self, twin: str) -> None:
        """Nothing is reported of a twin any more."""
        self._known.pop(twin, None)

    def note(self, status: SimStatus, changed: bool) -> None:
        """A status was looked at."""
        if changed or status.phase in _LAST:
            self._known.pop(status.twin, None)
        else:
            self._known[status.twin] = (_essence(status), self._clock.monotonic_ns() + _REPEATED_NS)


def _essence(status: SimStatus) -> object:
    """What can make a difference to a twin; all else is for people who look at it."""
    return status.org, status.revision, status.phase, sorted(each.type for each in status.conditions)


class StatusFeed:
    """Hands every worker's status to `observe`, and commits after its effect.

    Args:
        subscription: topic and group.
        observe: idempotent, as a status may come again.
        health: told of progress.
        clock: for how long a status counts as a repeat.
    """

    def __init__(
        self, bus: Bus, subscription: Subscription, observe: Observe, health: Health, clock: Clock
    ) -> None:
        self._bus = bus
        self._subscription = subscription
        self._observe = observe
        self._health = health
        self._repeats = Repeats(clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set."""
        async with await self._bus.consumer(self._subscription) as consumer:
            while not stop.is_set():
                self._health.progress("statuses")
                await self._take(consumer, await consumer.poll())
            await consumer.leave()
        self._health.finished("statuses")

    async def _take(self, consumer: Consumer, records: list[Record]) -> None:
        """Handle a batch; what fails for now is read again."""
        handled: dict[TopicPartition, Offset] = {}
        failed: set[TopicPartition] = set()
        for record in records:
            if record.tp in failed:
                continue
            try:
                await self._handle(record)
            except Retryable as error:
                _log.warning("status not taken, trying again", error=str(error))
                failed.add(record.tp)
                consumer.seek(record.tp, record.offset)
            else:
                handled[record.tp] = Offset(record.offset + 1)
        if handled:
            try:
                await consumer.commit(handled)
            except (CommitFenced, Retryable) as error:
                # They come again, here or at another member, and change nothing then.
                _log.warning("progress of statuses not committed", error=str(error))
        if failed:
            await asyncio.sleep(_PAUSE_S)

    async def _handle(self, record: Record) -> None:
        key = record.key or b""
        if not key.endswith(_REPORTER):
            return  # the word of a sync engine, or our own
        if record.value is None:
            self._repeats.forget(key.removesuffix(_REPORTER).decode(errors="replace"))
            return
        try:
            status = decode(record.value)
        except (UnknownSchema, CorruptRecord) as error:
            _log.error(
                "unreadable status", partition=record.partition, offset=record.offset, error=str(error)
            )
            return
        if isinstance(status, SimStatus) and not self._repeats.contain(status):
            changed = await self._observe(status, record.offset, record.timestamp_ms)
            self._repeats.note(status, changed)
