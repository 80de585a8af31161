"""The values that cross the bus. Times are the broker's append time in milliseconds; event times are in
payloads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from twin_common.bus.api import Consumer

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class RecordPosition(NamedTuple):
    """Where a record was written."""

    topic: str
    partition: int
    offset: int


class Offset(NamedTuple):
    """A group's progress on a partition.

    Attributes:
        offset: the next offset to be handled (last handled + 1).
        metadata: free text stored beside it.
    """

    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read.

    Attributes:
        value: None is a tombstone.
        headers: in the order written; a name may repeat. One that Kafka holds without a value is empty.
        timestamp_ms: the broker's or producer's record time, ms since the Unix epoch.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int

    @property
    def tp(self) -> TopicPartition:
        """The partition that it was read from."""
        return TopicPartition(self.topic, self.partition)

    def header(self, name: str) -> bytes | None:
        """The first header called `name`, or None."""
        return next((value for key, value in self.headers if key == name), None)


class Start(StrEnum):
    """Where a group begins on a partition that it has no committed offset for."""

    EARLIEST = "earliest"
    LATEST = "latest"


AssignmentHook = Callable[["Consumer", frozenset[TopicPartition]], Awaitable[None]]
"""Called with the consumer and the partitions concerned."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a group member wants to read.

    Partitions are assigned by range, so partition n of every subscribed topic is with one member as long as
    the topics have equally many partitions.

    Attributes:
        topics: physical topic names.
        group: the consumer group's name.
        instance_id: static membership: a member that comes back under this id within the session time-out
            gets its partitions back with no rebalance. Two live processes must not share one: they would take
            the partitions from each other. None makes an ordinary member.
        session_timeout_ms: after so long without a heartbeat a member's partitions go to others. A broker
            whose minimum is larger imposes it; `Consumer.session_timeout_ms` says what holds.
        rebalance_timeout_ms: how long the group waits for a member that is slow to poll before it goes on
            without it.
        start: where to begin without a committed offset.
        on_assigned: awaited inside `poll` before any record of the partitions is delivered; it may `seek`.
        on_revoked: awaited inside `poll` (or `close`) before the partitions go; it may `commit`. When the
            session was lost while the process slept it comes too late: a commit in it fails with
            `CommitFenced`.
    """

    topics: tuple[str, ...]
    group: str
    instance_id: str | None = None
    session_timeout_ms: int = 2500
    rebalance_timeout_ms: int = 10_000
    start: Start = Start.EARLIEST
    on_assigned: AssignmentHook | None = None
    on_revoked: AssignmentHook | None = None


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic as it shall be.

    Attributes:
        configs: broker-side settings by Kafka's names, such as `cleanup.policy`.
        replication: number of replicas; None takes the broker's default.
    """

    name: str
    partitions: int
    configs: Mapping[str, str] = field(default_factory=dict)
    replication: int | None = None


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic as it is: its partition numbers are 0 to `partitions` - 1."""

    name: str
    partitions: int
    configs: Mapping[str, str]
