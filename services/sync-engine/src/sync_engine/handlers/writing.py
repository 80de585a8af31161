"""The hot path: from a message or a deadline to records in the journal."""

from collections.abc import Callable, Iterable
from typing import Final

from sync_engine.domain.early import Message
from sync_engine.domain.ports import Journal
from sync_engine.domain.session import NEVER_NS
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.ticker import Ticker
from sync_engine.handlers.watch import StallWatch
from twin_common.clock import Clock
from twin_schemas.errors import EncodeError
from twin_schemas.records import IncarnationRequested
from twin_sim.journal import JournalRecord

MAX_BACKLOG: Final = 1024
"""Unacknowledged records of a partition; beyond, ticks wait and become gaps."""
_TRY_AGAIN_NS: Final = 50_000_000

OnUnwritable = Callable[[HeldTwin, EncodeError], None]
"""Takes a twin with whose journal nobody can go on, and why."""


class Writing:
    """Writes what the sessions decide. Called from bridges and timers; never waits."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        watch: StallWatch,
        on_unwritable: OnUnwritable,
    ) -> None:
        """Begin with no twin.

        Args:
            journal: takes the records.
            clock: tells the time.
            watch: notices when this process was stopped.
            on_unwritable: told of a record that doesn't fit its schema, as when a tick has no successor.
        """
        self._journal, self._clock, self._watch = journal, clock, watch
        self._on_unwritable = on_unwritable
        self._running: dict[str, HeldTwin] = {}
        self._ticker = Ticker(clock, self._due)

    def on_message(self, held: HeldTwin, source: int, topic: str, payload: bytes, receive_ns: int) -> None:
        """A source has something to say."""
        if not self._watch.beat():
            return
        if not held.decided.done():
            held.early.add(Message(source, topic, payload, receive_ns))
            return
        session = held.session
        session.receive(source, topic, payload, receive_ns)
        due_ns = session.due_ns
        if due_ns <= receive_ns:
            self._advance(held)
        elif due_ns != NEVER_NS:
            self._ticker.set(session.spec.twin, due_ns)

    def write(self, held: HeldTwin, records: Iterable[JournalRecord], trace: str | None = None) -> None:
        """Append what a session wants written, and be there at its next deadline.

        Args:
            held: the twin.
            records: of its journal.
            trace: W3C trace context of what the records follow from; the worker hands it on.
        """
        twin = held.session.spec.twin
        headers = (("traceparent", trace.encode()),) if trace is not None else ()
        try:
            for record in records:
                self._journal.append(held.partition, twin, record, headers)
        except EncodeError as error:
            self._on_unwritable(held, error)
            return
        if held.session.running:
            self._running[twin] = held
            self._ticker.set(twin, held.session.due_ns)
        else:
            self.forget(held)

    def incarnate(self, held: HeldTwin, request: IncarnationRequested) -> None:
        """A worker asks for an incarnation of a twin that is held."""
        self.write(held, held.session.incarnate(request, self._clock.now_ns()))

    def forget(self, held: HeldTwin) -> None:
        """A twin isn't running, or isn't ours any more."""
        twin = held.session.spec.twin
        if self._running.get(twin) is held:
            del self._running[twin]
            self._ticker.drop(twin)

    def close(self) -> None:
        """Write nothing more."""
        self._running.clear()
        self._ticker.close()

    def _due(self, twin: str) -> None:
        held = self._running.get(twin)
        if held is not None and self._watch.beat():
            self._advance(held)

    def _advance(self, held: HeldTwin) -> None:
        now_ns = self._clock.now_ns()
        backlog = self._journal.backlog(held.partition)
        if not backlog:
            held.session.tally.acknowledged()
        elif backlog >= MAX_BACKLOG:
            held.session.tally.explain("journal_backlog", "the journal isn't acknowledged: ticks become gaps")
            held.session.tally.count("journal_backlog")
            self._ticker.set(held.session.spec.twin, now_ns + _TRY_AGAIN_NS)
            return
        self.write(held, held.session.advance(now_ns))
