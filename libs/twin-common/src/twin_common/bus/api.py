"""What every service may ask of the bus, and nothing of how it is done.

Every client is opened by a `Bus`, is used by one task at a time unless it says otherwise, and has an
idempotent `close`. Each also works as an async context manager. `twin_common.bus.kafka.KafkaBus` is the real
one, `twin_common.bus.memory.MemoryBus` keeps everything in this process; both obey one behaviour suite.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from twin_common.bus.types import (
    Headers,
    NewTopic,
    Offset,
    Record,
    RecordPosition,
    Subscription,
    TopicInfo,
    TopicPartition,
)

SendFailure = Callable[[Exception], None]
"""Told of each record that was posted and not acknowledged, as a `SendFailed` or `BrokerUnreachable`."""
StillMeant = Callable[[str, int], bool]
"""Whether what was handed over for a topic at a monotonic time, ns, may still be sent."""


class Client(Protocol):
    """Something open that must be closed."""

    async def close(self) -> None:
        """Release everything; a second call does nothing."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Producer(Client, Protocol):
    """Writes records: acknowledged by all in-sync replicas, once and in order per partition, without
    lingering.

    May be shared by tasks. Without a partition, the key's murmur2 hash chooses it (as Kafka's own clients
    do); without a key, partitions take turns.
    """

    async def send(
        self,
        topic: str,
        *,
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
    ) -> RecordPosition:
        """Write one record and wait for its acknowledgement.

        Raises:
            TopicMissing: there is no such topic or partition.
            BrokerUnreachable: no acknowledgement within the request time-out; the record may or may not be
                there.
            SendFailed: the broker refused the record.
        """

    async def post(
        self,
        topic: str,
        *,
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
    ) -> asyncio.Future[RecordPosition]:
        """Hand one record over without waiting for its acknowledgement: waits only for room in the send
        buffer.

        Records posted to one partition are written in the order of the calls. The future may be awaited or
        dropped:
        a failure is also given to the producer's `on_failure` and raised by the next `flush` or `close`.

        Raises:
            TopicMissing: there is no such topic or partition.
            BrokerUnreachable: no broker answers and the buffer is full.
        """

    async def flush(self) -> None:
        """Wait until everything posted is acknowledged.

        Raises:
            SendFailed, BrokerUnreachable: the first failure since the last flush; the others went to
            `on_failure`.
        """

    async def close(self) -> None:
        """Flush, then release everything; raises what `flush` raises, after the release."""


class Consumer(Client, Protocol):
    """A member of a consumer group. Hooks run inside `poll` and `close` only, so never beside the caller's
    own code.
    """

    @property
    def session_timeout_ms(self) -> int:
        """The session time-out that holds: the one asked for, or the broker's minimum when that is larger."""

    async def poll(self, max_records: int = 500, timeout: float = 0.1) -> list[Record]:
        """The next records, in order per partition; empty after `timeout` seconds with none.

        Runs `on_revoked` and `on_assigned` when the group changes. A member has to poll more often than its
        subscription's `rebalance_timeout_ms`.

        Raises:
            BrokerUnreachable: the broker has gone for good (a short absence is waited out).
        """

    async def commit(self, offsets: Mapping[TopicPartition, Offset]) -> None:
        """Store the group's progress.

        Raises:
            CommitFenced: a partition isn't this member's any more.
            BrokerUnreachable: no broker answered; nothing is known of the commit.
        """

    async def committed(self, tp: TopicPartition) -> Offset | None:
        """The group's stored progress on a partition, or None."""

    async def position(self, tp: TopicPartition) -> int:
        """The offset that `poll` will deliver next from an assigned partition."""

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions held now."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Deliver from `offset` next; from where the subscription's `start` says when the log doesn't hold
        it.

        Raises:
            ValueError: the partition isn't held, or the offset is negative.
        """

    def pause(self, *tps: TopicPartition) -> None:
        """Deliver nothing of these partitions until `resume`; ends by itself when they are revoked."""

    def resume(self, *tps: TopicPartition) -> None:
        """Deliver these partitions again; partitions that aren't held are ignored."""

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition, for measuring lag."""

    async def leave(self) -> None:
        """Like `close`, but give the partitions of a static member up at once instead of after its session
        time-out.
        """

    async def close(self) -> None:
        """Run `on_revoked` for what is held, then stop. An ordinary member leaves; a static one may come
        back.
        """


class Reader(Client, Protocol):
    """Reads partitions that it chooses itself: no group, no commits."""

    async def partitions(self, topic: str) -> tuple[TopicPartition, ...]:
        """All partitions of a topic.

        Raises:
            TopicMissing: there is no such topic.
        """

    async def assign(self, *tps: TopicPartition) -> None:
        """Read exactly these from now on: those new to it from their beginning, the others from where they
        stand.

        Raises:
            TopicMissing: one of them doesn't exist.
        """

    async def read_from(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read exactly these from now on, each from an offset; where the log doesn't hold that when it is fetched,
        from its beginning.

        Raises:
            TopicMissing: one of them doesn't exist.
        """

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        """Read from `offset` next.

        Raises:
            OffsetUnavailable: the log doesn't hold it any more, or ends before it.
        """

    async def seek_to_beginning(self, *tps: TopicPartition) -> None:
        """Read these (all assigned ones when none are named) from their oldest record next."""

    async def seek_to_end(self, *tps: TopicPartition) -> None:
        """Read these (all assigned ones when none are named) from behind their newest record next."""

    async def seek_to_time(self, tp: TopicPartition, timestamp_ms: int) -> int:
        """Read from the first record with a record time of at least `timestamp_ms` next; returns its
        offset.
        """

    async def offsets_at(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first record with a record time (ms) of at least that given; where there is none, the end.

        Raises:
            TopicMissing: one of them doesn't exist.
        """

    async def position(self, tp: TopicPartition) -> int:
        """The offset that is read next."""

    async def beginning_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The oldest offset that each partition still holds."""

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""

    async def poll(self, max_records: int = 500, timeout: float = 0.1) -> list[Record]:
        """The next records of the assigned partitions, in order per partition; empty after `timeout`
        seconds.
        """

    def read_to_end(self, *tps: TopicPartition) -> AsyncIterator[Record]:
        """Every record from where these partitions stand to the ends that they have when the iteration
        begins.

        All assigned partitions when none are named. Ends by itself, on an empty or compacted partition too,
        and leaves each partition standing at that end, so that `tail` goes on without a gap.
        """

    def tail(self) -> AsyncIterator[Record]:
        """Every record of the assigned partitions from where they stand, for ever."""


class Admin(Client, Protocol):
    """Creates, describes and deletes topics."""

    async def create_topics(self, topics: Sequence[NewTopic]) -> tuple[str, ...]:
        """Create those that don't exist and bring the configs of the others up to date.

        Returns:
            The names of those created, once all of them can be written to.

        Raises:
            TopicMismatch: one exists with another number of partitions; nothing is changed.
        """

    async def delete_topics(self, names: Iterable[str]) -> None:
        """Delete topics with all their records; those that don't exist are ignored. Returns once they are
        gone.
        """

    async def describe_topics(self, names: Iterable[str]) -> dict[str, TopicInfo]:
        """Each topic that exists, by name."""

    async def list_topics(self) -> frozenset[str]:
        """The names of all topics but the broker's internal ones."""

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""

    async def committed(self, group: str) -> dict[TopicPartition, Offset]:
        """A consumer group's progress."""


class Bus(Protocol):
    """Opens clients. Opening fails within about 5 s with `BrokerUnreachable` when no broker answers."""

    async def producer(
        self,
        *,
        on_failure: SendFailure | None = None,
        gather_ms: int = 0,
        unbroken: bool = False,
        still_meant: StillMeant | None = None,
        answer_ms: int | None = None,
    ) -> Producer:
        """A producer; `on_failure` hears of every posted record that was not acknowledged.

        What is posted soon after other records may wait up to `gather_ms`, so that many travel together when brokers
        are busy; what comes after a pause goes at once. Before records of a partition are sent, `still_meant` is asked
        with their topic and the monotonic time, ns, since when the oldest of them wait; if it says no, all that wait
        there fail instead, as `NoLongerMeant`, and a connection that is given up delivers nothing more. One on which a
        request isn't answered within `answer_ms`, else within what the settings say, is given up, and the request sent
        again. After a record that is refused for good the next are taken, unless the order has to be `unbroken`: then
        a partition takes nothing more of this producer, so that nothing of it lies behind a gap.
        """

    async def consumer(self, subscription: Subscription) -> Consumer:
        """A group member; it joins the group now and gets partitions during `poll`."""

    async def reader(self, *, gather_ms: int = 0) -> Reader:
        """A reader with nothing assigned yet; records may wait up to `gather_ms` for others to travel with."""

    async def admin(self) -> Admin:
        """An administrator of topics."""
