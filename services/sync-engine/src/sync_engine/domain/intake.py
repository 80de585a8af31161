"""One source of one twin: from a message to readings, and what was refused on the way."""

from collections.abc import Iterator, Sequence

from sync_engine.domain.mapping import Mapping
from sync_engine.domain.payload import decode
from sync_engine.domain.repeats import Repeats
from sync_engine.domain.source_clock import SourceClock
from sync_engine.domain.tally import Tally
from sync_engine.errors import PayloadRefused
from twin_common.definition import MqttSource
from twin_schemas.records import Channel, Epoch, Quality, Reading, SourceStatus
from twin_schemas.records import SourceClock as SourceClockRecord


class Intake:
    """Decodes, maps and times one source's messages.

    Attributes:
        name: the source's name.
        clock: its clock.
        connected: to its broker.
        error: why it isn't, or what was wrong last.
    """

    def __init__(self, name: str, source: MqttSource, clock: SourceClock, tally: Tally, limit: int) -> None:
        """Begin without a channel table.

        Args:
            name: the source's name.
            source: as defined.
            clock: estimator of its clock.
            tally: counts what is refused.
            limit: largest payload read, bytes.
        """
        self.name, self.source, self.clock = name, source, clock
        self.connected = False
        self.error: str | None = None
        self._tally = tally
        self._limit = limit
        self._repeats = Repeats()
        self._mapping: Mapping | None = None
        self._received = 0
        self._last_ns = 0

    def map_onto(self, channels: Sequence[Channel]) -> None:
        """An incarnation begins with this channel table."""
        self._mapping = Mapping(self.source, channels)
        if self._mapping.unknown:
            missing = ", ".join(sorted(set(self._mapping.unknown)))
            self._tally.explain("unmapped", f"source {self.name}: the twin has no channel for {missing}")

    def receive(self, topic: str, payload: bytes, receive_ns: int) -> list[Reading]:
        """The readings of a message; empty when it is refused, or was here before, which is counted."""
        self._received += 1
        self._tally.counts["messages"] += 1
        self._last_ns = receive_ns
        if self._mapping is None:
            self._tally.count("before_genesis")
            return []
        try:
            time_ns, samples = self._mapping.map(topic, decode(payload, self._limit))
        except PayloadRefused as refused:
            self._tally.refuse(refused.reason, f"source {self.name}, topic {topic[:200]}: {refused}")
            return []
        quality = Quality.GOOD
        if time_ns is None:
            time_ns = receive_ns
        elif self._repeats.has(topic, payload):
            self._tally.repeat(self.name, len(samples))
            return []
        else:
            time_ns, as_given = self.clock.correct(receive_ns, time_ns)
            if not as_given:
                quality = Quality.CLOCK_CORRECTED
                self._tally.count("clock_corrected", len(samples))
        return [Reading(channel, values, time_ns, quality) for channel, values in samples]

    def status(self, *, live: bool) -> SourceStatus:
        """What is reported of the source."""
        return SourceStatus(
            name=self.name,
            connected=self.connected,
            live=live,
            received=self._received,
            last_ns=self._last_ns,
            clock_offset_ns=self.clock.offset_ns,
            error=self.error,
        )


def clock_changes(intakes: Sequence[Intake], epoch: Epoch, tick: int) -> Iterator[SourceClockRecord]:
    """How far the clocks of sources are off, where that has changed, for the journal."""
    for intake in intakes:
        if intake.clock.changed:
            intake.clock.changed = False
            yield SourceClockRecord(epoch, tick, intake.name, intake.clock.offset_ns)
