"""What the sync engine needs of the outside world, and nothing of how it is done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sync_engine.domain.found_tail import FoundTail
from sync_engine.domain.publication import Identity
from sync_engine.domain.taken import Kept
from twin_common.definition.sources import MqttPublish, Source
from twin_schemas.records import (
    AuditRecord,
    CommandApplied,
    CommandRefused,
    SyncStatus,
    TwinPrediction,
    TwinSpec,
)
from twin_sim.journal import JournalRecord


class Listener(Protocol):
    """Hears one source of one twin. Must not block and must not raise for what a payload may hold."""

    def message(self, topic: str, payload: bytes, receive_ns: int) -> None:
        """A message came; `receive_ns` is its receipt by the process's clock."""
        ...

    def link(self, *, connected: bool, error: str | None) -> None:
        """The connection came up, went down, or couldn't be made."""
        ...


class Outlet(Protocol):
    """A place that predictions are published to."""

    def publish(self, payload: bytes) -> str | None:
        """Hand a prediction over without waiting; None, or why it was dropped (a short stable reason)."""
        ...

    def close(self) -> None:
        """Publish no more; releases the connection when nobody else uses it."""
        ...


class Bridge(Protocol):
    """Connects physical systems of one kind. Connections are made and kept up in the background."""

    def listen(self, source: Source, backoff_ms: tuple[int, ...], listener: Listener) -> Callable[[], None]:
        """Begin to receive a source's messages; the function returned ends it."""
        ...

    def outlet(self, publish: MqttPublish, broker: str, backoff_ms: tuple[int, ...]) -> Outlet:
        """A place to publish to."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Journal(Protocol):
    """Writes journals, in order per partition, acknowledged in the background."""

    def append(
        self, partition: int, twin: str, record: JournalRecord, headers: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        """Write a record, with these headers, behind all those appended before. After a loss, nothing is
        written until `reopen`.
        """
        ...

    def backlog(self, partition: int) -> int:
        """Records of a partition that are not acknowledged yet."""
        ...

    def end(self, partition: int) -> int:
        """The offset behind the last record that is acknowledged; 0: nothing was written."""
        ...

    async def settled(self, partition: int) -> None:
        """Wait until everything appended to a partition so far is acknowledged.

        Raises:
            JournalLost: some of it won't be.
        """
        ...

    async def reopen(self) -> None:
        """Be able to write again after a loss; what hadn't been acknowledged is given up."""
        ...


class Tails(Protocol):
    """Reads journals to their ends."""

    async def read(self, partition: int, specs: Mapping[str, TwinSpec]) -> tuple[dict[str, FoundTail], int]:
        """The tails of these twins on a partition, and the offset to follow the journal from."""
        ...

    async def taken_since(self, partition: int, twin: str, time_ms: int) -> list[Kept]:
        """What of commands a twin's journal has since a time, oldest first."""
        ...


class Follower(Protocol):
    """Follows chosen partitions of one topic; what it reads goes to whoever made it."""

    def follow(self, partition: int, offset: int) -> None:
        """Read a partition from an offset on."""
        ...

    def follow_since(self, partition: int, time_ms: int) -> None:
        """Read a partition from the first record of at least that record time on."""
        ...

    def drop(self, partition: int) -> None:
        """Read a partition no longer."""
        ...

    def renew(self) -> None:
        """Go on by another connection: this one may wait for an answer that never comes."""
        ...


class Public(Protocol):
    """Writes outward, without the journal's strictness: what can't be handed over is dropped, and the
    reason returned.
    """

    async def newest(self, names: Mapping[str, str]) -> dict[str, tuple[Identity, int]]:
        """Identity of the newest public prediction and the time (ms) when it was due, by twin id, from twin id →
        name.
        """
        ...

    async def settled(self) -> None:
        """Wait a moment until what was handed over is public or never will be."""
        ...

    async def prediction(self, prediction: TwinPrediction, trace: str | None = None) -> str | None:
        """Publish a prediction on its twin's topic, with the trace context that led to it."""
        ...

    async def status(self, status: SyncStatus) -> str | None:
        """Publish what is reported of a twin."""
        ...

    async def forget(self, twin: str) -> str | None:
        """Remove what is reported of a twin that is gone."""
        ...

    async def answer(
        self, event: CommandApplied | CommandRefused, headers: Sequence[tuple[str, bytes]]
    ) -> str | None:
        """Tell the sender of a command what became of it; returns when that is acknowledged."""
        ...

    async def audit(self, record: AuditRecord) -> str | None:
        """Write down who wanted what, and whether it was allowed."""
        ...
