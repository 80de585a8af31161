"""A group member on Kafka.

aiokafka rebalances in a background task. Here its callbacks only ring a bell: the hooks run inside `poll`, so that they
never run beside the caller's own code. Partitions aren't given up before that; for those that come nobody waits, as
aiokafka sends no heartbeat until that callback has returned, and a hook may take longer than a session.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from aiokafka.structs import TopicPartition as KafkaPartition

from twin_common.bus.client import ClosingClient
from twin_common.bus.kafka.connection import options, start, stop
from twin_common.bus.kafka.faults import translate, translated
from twin_common.bus.kafka.progress import believe_no_error, check_fetching
from twin_common.bus.kafka.records import from_kafka, to_kafka, to_records
from twin_common.bus.types import Offset, Record, Subscription, TopicPartition
from twin_common.errors import CommitFenced, TopicMismatch
from twin_common.settings.standard import Stream

_PRODUCERS_TIME = 0


class _Change:
    """A rebalance step that waits for `poll`: partitions to give up, or to take over."""

    def __init__(self, assigned: bool, partitions: frozenset[TopicPartition]) -> None:
        self.assigned = assigned
        self.partitions = partitions
        self.handled = asyncio.Event()


class KafkaConsumer(ClosingClient, ConsumerRebalanceListener):  # type: ignore[misc]
    """`twin_common.bus.api.Consumer` on Kafka. Opened by `KafkaBus`."""

    def __init__(
        self, stream: Stream, subscription: Subscription, client_id: str, session_timeout_ms: int
    ) -> None:
        self._stream = stream
        self._subscription = subscription
        self._session_timeout_ms = session_timeout_ms
        self._kafka: Any = AIOKafkaConsumer(
            **options(stream, client_id),
            group_id=subscription.group,
            group_instance_id=subscription.instance_id,
            enable_auto_commit=False,
            auto_offset_reset=subscription.start.value,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=session_timeout_ms,
            # A heartbeat is also how a member learns of a rebalance, so it is quick however long the session.
            heartbeat_interval_ms=min(500, max(100, session_timeout_ms // 8)),
            rebalance_timeout_ms=max(subscription.rebalance_timeout_ms, session_timeout_ms),
            # Requests queue behind a waiting fetch on the same connection: a short wait makes seeks and
            # look-ups quick.
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=8_388_608,
        )
        self._held: frozenset[TopicPartition] = frozenset()
        self._rebalancing = True
        self._changes: list[_Change] = []
        self._bell = asyncio.Event()
        self._closing = False

    async def start(self) -> None:
        """Connect and join the group."""
        await start(self._kafka, self._kafka.stop(), self._stream)
        believe_no_error(self._kafka._coordinator)  # noqa: SLF001
        self._kafka.subscribe(list(self._subscription.topics), listener=self)

    @property
    def session_timeout_ms(self) -> int:
        """The session time-out that holds."""
        return self._session_timeout_ms

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Called by aiokafka when the group changes; waits until `poll` has run the hook."""
        self._rebalancing = True
        change = _Change(False, from_kafka(revoked))
        if self._announced(change):
            await change.handled.wait()

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Called by aiokafka with the new partitions; `poll` runs the hook before it gives any record of them."""
        self._announced(_Change(True, from_kafka(assigned)))

    def _announced(self, change: _Change) -> bool:
        if self._closing:
            return False
        self._changes.append(change)
        self._bell.set()
        return True

    async def poll(self, max_records: int = 500, timeout: float = 0.1) -> list[Record]:
        """The next records; runs the hooks when the group changes."""
        deadline = time.monotonic() + timeout
        with translated(f"reading {', '.join(self._subscription.topics)}", self._stream.brokers):
            while True:
                await self._run_hooks()
                check_fetching(self._kafka)
                if not self._rebalancing and (batches := await self._kafka.getmany(max_records=max_records)):
                    return to_records(_stamped(batches))
                left = deadline - time.monotonic()
                if left <= 0:
                    return []
                if batches := await self._wait(max_records, left):
                    return to_records(_stamped(batches))

    async def _wait(self, max_records: int, timeout: float) -> Mapping[Any, Any]:
        """Wait for records or for a change of the group, whichever comes first."""
        ring = asyncio.ensure_future(self._bell.wait())
        fetch = asyncio.ensure_future(
            self._kafka.getmany(timeout_ms=round(timeout * 1000) + 1, max_records=max_records)
        )
        try:
            await asyncio.wait({ring, fetch}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ring.cancel()
            # A fetch that is cancelled while it waits has taken nothing out of aiokafka's buffer.
            if not fetch.done():
                fetch.cancel()
        try:
            batches: Mapping[Any, Any] = await fetch
        except asyncio.CancelledError:
            # aiokafka would keep what it waited on until the next record: on a quiet topic one more with each poll.
            for waiter in tuple(self._kafka._fetcher._fetch_waiters):  # noqa: SLF001
                waiter.cancel()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            return {}
        return batches

    async def _run_hooks(self) -> None:
        while self._changes:
            change = self._changes[0]
            try:
                if change.assigned:
                    self._held = change.partitions
                    await self._hook(self._subscription.on_assigned, change.partitions)
                    self._rebalancing = len(self._changes) > 1  # the group may have changed again meanwhile
                elif change.partitions:
                    try:
                        await self._hook(self._subscription.on_revoked, change.partitions)
                    finally:
                        self._held = frozenset()
            finally:
                self._changes.pop(0)
                change.handled.set()
        self._bell.clear()

    async def _hook(self, hook: Any, partitions: frozenset[TopicPartition]) -> None:
        if hook is not None:
            await hook(self, partitions)

    async def commit(self, offsets: Mapping[TopicPartition, Offset]) -> None:
        """Store the group's progress."""
        if not offsets:
            return
        if lost := set(offsets) - self._held:
            raise CommitFenced(f"committing {_names(lost)}: not held by this member any more")
        with translated(f"committing {_names(offsets)}", self._stream.brokers):
            await self._kafka.commit(
                {KafkaPartition(*tp): (at.offset, at.metadata) for tp, at in offsets.items()}
            )

    async def committed(self, tp: TopicPartition) -> Offset | None:
        """The group's stored progress on a partition."""
        with translated(f"reading the progress of {self._subscription.group}", self._stream.brokers):
            # The public method leaves the metadata out.
            found: Mapping[Any, OffsetAndMetadata] = await self._kafka._coordinator.fetch_committed_offsets(  # noqa: SLF001
                [KafkaPartition(*tp)]
            )
        stored = found.get(KafkaPartition(*tp))
        return None if stored is None or stored.offset < 0 else Offset(stored.offset, stored.metadata or "")

    async def position(self, tp: TopicPartition) -> int:
        """The offset that `poll` delivers next."""
        self._check_held(tp)
        with translated(f"finding the position in {_names([tp])}", self._stream.brokers):
            return int(await self._kafka.position(KafkaPartition(*tp)))

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions held now."""
        return self._held

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Deliver from `offset` next."""
        self._check_held(tp)
        try:
            self._kafka.seek(KafkaPartition(*tp), offset)
        except IllegalStateError as error:
            raise ValueError(f"{_names([tp])} isn't held by this member") from error

    def pause(self, *tps: TopicPartition) -> None:
        """Deliver nothing of these until `resume`."""
        for tp in tps:
            self._check_held(tp)
        self._kafka.pause(*to_kafka(tps))

    def resume(self, *tps: TopicPartition) -> None:
        """Deliver these again."""
        held = self._kafka.assignment()
        self._kafka.resume(*(tp for tp in to_kafka(tps) if tp in held))

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""
        with translated("finding the ends of partitions", self._stream.brokers):
            found = await self._kafka.end_offsets(to_kafka(tps))
        return {TopicPartition(*tp): end for tp, end in found.items()}

    def _check_held(self, tp: TopicPartition) -> None:
        if tp not in self._held:
            raise ValueError(f"{_names([tp])} isn't held by this member")

    async def leave(self) -> None:
        """Close and give the partitions up at once."""
        # Without an instance id aiokafka sends LeaveGroup when it stops, for a static member as for any
        # other.
        self._kafka._coordinator._group_instance_id = None  # noqa: SLF001
        await self.close()

    async def close(self) -> None:
        """Run `on_revoked` for what is held, then stop."""
        if self._closing:
            return
        self._closing = True
        try:
            if self._held:
                await self._hook(self._subscription.on_revoked, self._held)
        finally:
            self._held = frozenset()
            for change in self._changes:
                change.handled.set()
            self._changes.clear()
            try:
                await stop(self._kafka)
            except Exception as error:
                raise translate(error, "leaving the group", self._stream.brokers) from error


def _stamped(batches: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The batches, whose times are the broker's: tokens and lags are judged by them, so nobody else may set them."""
    for tp, batch in batches.items():
        if batch and batch[0].timestamp_type == _PRODUCERS_TIME:
            raise TopicMismatch(
                f"{tp.topic} keeps the times that producers give; set message.timestamp.type=LogAppendTime on it"
            )
    return batches


def _names(tps: Iterable[TopicPartition]) -> str:
    return ", ".join(f"{tp.topic}[{tp.partition}]" for tp in sorted(tps))
