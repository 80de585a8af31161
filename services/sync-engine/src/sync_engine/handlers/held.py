"""One twin that this process holds: its session, its connections, and how far taking it over has come."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from sync_engine.domain.early import EarlyMessages
from sync_engine.domain.found_tail import FoundTail
from sync_engine.domain.ports import Bridge, Outlet
from sync_engine.domain.revision import is_other
from sync_engine.domain.session import TwinSession
from twin_common.definition import MqttPublish
from twin_common.definition.sync import Sync
from twin_schemas.records import Desired, SourcesAcquired, TwinSpec
from twin_sim.journal import EpochFilter, JournalRecord

OnMessage = Callable[["HeldTwin", int, str, bytes, int], None]
"""Takes the twin, the source's index, topic, payload and receipt (ns)."""


class HeldTwin:
    """A twin on a partition of ours.

    Attributes:
        session: what enters its journal.
        partition: where that is.
        decided: resolved when the acquisition has come back: True owned, False fenced.
        outlets: where its predictions go besides the public topic.
        early: what its sources have said before that.
    """

    def __init__(self, session: TwinSession, found: FoundTail, partition: int) -> None:
        """Begin with the journal read to its end."""
        self.session, self.partition = session, partition
        self.decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.outlets: list[Outlet] = []
        self.early = EarlyMessages(found.framed)
        self._found = found
        self._answered = asyncio.Event()
        self._epochs = EpochFilter()
        self._endings: list[Callable[[], None]] = []
        self._connected = False

    def acquire(
        self, arrived: Iterable[tuple[int, bytes]], now_ns: int, monotonic_ns: int
    ) -> SourcesAcquired:
        """The record that asks for the journal, which goes on with what has arrived since it was read to its end."""
        for offset, value in arrived:
            self._found.take(offset, value)
        return self.session.acquire(now_ns, monotonic_ns)

    def read_back(self, offset: int, value: bytes) -> bool | None:
        """Take a journal record that came while acquiring; True: owned now, False: somebody was faster,
        None: wait.
        """
        self._found.take(offset, value)
        self._note_unreadable()
        held, ours = self._found.tail.epoch, self.session.epoch
        if held == ours:
            self._epochs = EpochFilter(ours)
            return True
        return False if held is not None and held.counter >= ours.counter else None

    def is_other(self, spec: TwinSpec) -> bool:
        """Whether a newer spec asks for more than this session can go on with."""
        return is_other(self.session.spec, self.session.definition, spec)

    def still_ours(self, acquired: SourcesAcquired) -> bool:
        """Whether an acquisition that was read in the journal leaves it to us."""
        self._epochs.admits(acquired)
        return self._epochs.in_force == self.session.epoch

    def own(self, now_ns: int) -> list[JournalRecord]:
        """Our acquisition is in force: what to write now."""
        return self.session.own(now_ns, self._found.taken, self.early)

    def linked(self, source: int, *, connected: bool, error: str | None) -> None:
        """A source's connection changed."""
        intake = self.session.intakes[source]
        if intake.connected and not connected:
            self.session.tally.lose_link(intake.name, error)
        intake.connected, intake.error = connected, error
        self._answered.set()

    async def answered(self) -> None:
        """Wait until every source is connected, or can't be."""
        while self._endings and not all(one.connected or one.error for one in self.session.intakes):
            self._answered.clear()
            await self._answered.wait()

    def connect(self, bridges: Mapping[str, Bridge], default_broker: str, on_message: OnMessage) -> None:
        """Open or close sources and outlets, as the spec desires."""
        wanted = self.session.spec.desired == Desired.RUNNING
        if wanted == self._connected:
            return
        if not wanted:
            self.disconnect()
            return
        self._connected = True
        self._endings = self._listen(bridges, on_message)
        self.outlets = self._open_outlets(bridges, default_broker)

    def _listen(self, bridges: Mapping[str, Bridge], on_message: OnMessage) -> list[Callable[[], None]]:
        sync = self.session.definition.sync
        return [
            bridges[source.type].listen(source, sync.reconnect_backoff_ms, _Listener(self, index, on_message))
            for index, source in enumerate(sync.sources)
        ]

    def _open_outlets(self, bridges: Mapping[str, Bridge], default_broker: str) -> list[Outlet]:
        sync = self.session.definition.sync
        outlets = []
        brokers = [source.broker for source in sync.sources if source.type == "mqtt"]
        for publish in sync.publish:
            if isinstance(publish, MqttPublish):
                broker = publish.broker or (brokers[0] if brokers else default_broker)
                outlets.append(bridges["mqtt"].outlet(publish, broker, sync.reconnect_backoff_ms))
        return outlets

    def reconnect(
        self, before: Sync, bridges: Mapping[str, Bridge], default_broker: str, on_message: OnMessage
    ) -> None:
        """Publish and connect as the session's definition says now, and no longer as `before` says. What a source
        sends meanwhile is heard.
        """
        sync = self.session.definition.sync
        again = before.reconnect_backoff_ms != sync.reconnect_backoff_ms
        if not self._connected or not (again or before.publish != sync.publish):
            return
        outlets, endings = self.outlets, self._endings
        self.outlets = self._open_outlets(bridges, default_broker)
        if again:
            self._endings = self._listen(bridges, on_message)
            for end in endings:
                end()
        for outlet in outlets:
            outlet.close()

    def disconnect(self) -> None:
        """Close sources and outlets."""
        for end in self._endings:
            end()
        for outlet in self.outlets:
            outlet.close()
        self._endings, self.outlets, self._connected = [], [], False
        for intake in self.session.intakes:
            intake.connected = False

    def decide(self, *, owned: bool) -> None:
        """Tell those who wait how the acquisition went."""
        if not self.decided.done():
            self.decided.set_result(owned)

    def _note_unreadable(self) -> None:
        if self._found.unreadable is not None:
            self.session.tally.explain("journal", self._found.unreadable)


class _Listener:
    """One source of one twin, as a bridge sees it."""

    def __init__(self, held: HeldTwin, source: int, on_message: OnMessage) -> None:
        self._held, self._source, self._on_message = held, source, on_message

    def message(self, topic: str, payload: bytes, receive_ns: int) -> None:
        """A message came."""
        self._on_message(self._held, self._source, topic, payload, receive_ns)

    def link(self, *, connected: bool, error: str | None) -> None:
        """The connection changed."""
        self._held.linked(self._source, connected=connected, error=error)
