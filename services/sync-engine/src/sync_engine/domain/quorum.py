"""Which sources a frame waits for, and whether they have reached the tick (journal rule 10)."""

from collections.abc import Mapping, Sequence
from typing import Final

from sync_engine.domain.cadence import Cadence

SILENCE_NS: Final = 1_000_000_000
SILENT_PERIODS: Final = 3
_PACE: Final = 1.5
"""A source reports several channels; those up to this much slower than its fastest are waited for."""


class Source:
    """What is known of one source.

    Attributes:
        name: its name in the definition.
        live: in the quorum.
        channels: rhythm of each channel that it has reported.
    """

    __slots__ = ("channels", "live", "name", "stated_period_ns")

    def __init__(self, name: str, stated_period_ns: int | None) -> None:
        """Not live until it has a rhythm."""
        self.name = name
        self.stated_period_ns = stated_period_ns
        self.live = False
        self.channels: dict[int, Cadence] = {}

    @property
    def period_ns(self) -> int | None:
        """Period of its fastest channel; None: not known yet."""
        known = [cadence.period_ns for cadence in self.channels.values() if cadence.period_ns is not None]
        return min(known) if known else None

    @property
    def received_ns(self) -> int:
        """Receipt of its last reading; 0: none yet."""
        return max((cadence.received_ns for cadence in self.channels.values()), default=0)

    def paced(self) -> list[tuple[int, Cadence]]:
        """The channels that report at the source's pace, with their indices."""
        period = self.period_ns
        if period is None:
            return []
        return [
            (index, cadence)
            for index, cadence in self.channels.items()
            if cadence.period_ns is not None and cadence.period_ns <= _PACE * period
        ]

    def is_silent(self, now_ns: int) -> bool:
        """Nothing came for a second, or three of its periods when that is longer."""
        return now_ns - self.received_ns > max(SILENCE_NS, SILENT_PERIODS * (self.period_ns or 0))


class Quorum:
    """The live sources of one twin, and which of their channels the next tick still waits for."""

    def __init__(self, sources: Sequence[str], periods_ns: Mapping[str, int] | None = None) -> None:
        """All sources begin outside the quorum.

        Args:
            sources: names.
            periods_ns: periods that the definition states, by name.
        """
        stated = periods_ns or {}
        self.sources = [Source(name, stated.get(name)) for name in sources]
        self._awaited: dict[tuple[int, int], int] = {}

    @property
    def satisfied(self) -> bool:
        """Every live source has reached the tick; also when there is none."""
        return not self._awaited

    def note(self, source: int, channel: int, time_ns: int, receive_ns: int) -> bool:
        """Take a reading; False when its channel has had a newer one."""
        channels = self.sources[source].channels
        cadence = channels.get(channel)
        if cadence is None:
            cadence = channels[channel] = Cadence(self.sources[source].stated_period_ns)
        is_newer = cadence.note(time_ns, receive_ns)
        if is_newer and self._awaited:
            threshold = self._awaited.get((source, channel))
            if threshold is not None and time_ns > threshold:
                del self._awaited[source, channel]
        return is_newer

    def expect(self, tick_time_ns: int, tick_ns: int) -> None:
        """Begin a tick: wait until each live source has readings newer than half its period, at most half
        a tick, before.
        """
        self._awaited.clear()
        for index, source in enumerate(self.sources):
            if not source.live:
                continue
            for channel, cadence in source.paced():
                threshold = tick_time_ns - min(tick_ns, cadence.period_ns or tick_ns) // 2
                if cadence.newest_ns is None or cadence.newest_ns <= threshold:
                    self._awaited[index, channel] = threshold

    def review(self, now_ns: int) -> list[tuple[str, bool]]:
        """Let silent sources go and take those in that have a rhythm; the changes by name, True for
        joined.
        """
        changes = []
        for index, source in enumerate(self.sources):
            for channel, cadence in source.channels.items():
                if cadence.newest_ns is not None and _fell_silent(cadence, now_ns):
                    cadence.forget()
                    self._awaited.pop((index, channel), None)
            live = source.period_ns is not None and not source.is_silent(now_ns)
            if live != source.live:
                source.live = live
                changes.append((source.name, live))
                if not live:
                    self._awaited = {key: value for key, value in self._awaited.items() if key[0] != index}
        return changes

    def fastest(self) -> int | None:
        """Index of the live source with the shortest period."""
        live = [(source.period_ns or 0, index) for index, source in enumerate(self.sources) if source.live]
        return min(live)[1] if live else None


def _fell_silent(cadence: Cadence, now_ns: int) -> bool:
    return now_ns - cadence.received_ns > max(SILENCE_NS, SILENT_PERIODS * (cadence.period_ns or 0))
