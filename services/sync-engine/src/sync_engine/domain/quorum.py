"""Which sources a frame waits for, and whether they have reached the tick (journal rule 10)."""

from collections.abc import Mapping, Sequence
from typing import Final

from sync_engine.domain.cadence import Cadence

SILENCE_NS: Final = 1_000_000_000
SILENT_PERIODS: Final = 3
SLOW: Final = 1.2
"""A channel whose period is longer than this many ticks is waited for only where it is due."""
_NEVER_NS: Final = 2**63 - 1
_PACE: Final = 1.5
"""A source reports several channels; those up to this much slower than its fastest are waited for."""


class Source:
    """What is known of one source.

    Attributes:
        name: its name in the definition.
        live: in the quorum.
        channels: rhythm of each channel that it has reported.
        period_ns: period of its fastest channel; None: not known yet.
        received_ns: receipt of its last reading; 0: none yet.
    """

    __slots__ = ("_paced", "channels", "live", "name", "period_ns", "received_ns", "stated_period_ns")

    def __init__(self, name: str, stated_period_ns: int | None) -> None:
        """Not live until it has a rhythm."""
        self.name = name
        self.stated_period_ns = stated_period_ns
        self.live = False
        self.channels: dict[int, Cadence] = {}
        self.period_ns: int | None = None
        self.received_ns = 0
        self._paced: list[tuple[int, Cadence]] = []

    def paced(self) -> list[tuple[int, Cadence]]:
        """The channels that report at the source's pace, with their indices."""
        return self._paced

    def refresh(self) -> None:
        """The period of a channel has changed."""
        known = [cadence.period_ns for cadence in self.channels.values() if cadence.period_ns is not None]
        period = self.period_ns = min(known) if known else None
        self._paced = [
            (index, cadence)
            for index, cadence in self.channels.items()
            if period is not None and cadence.period_ns is not None and cadence.period_ns <= _PACE * period
        ]

    def silent_after_ns(self) -> int:
        """It is silent when nothing comes up to then: for a second, or three of its periods when that is longer."""
        return self.received_ns + max(SILENCE_NS, SILENT_PERIODS * (self.period_ns or 0))


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
        self._review_ns = 0

    @property
    def satisfied(self) -> bool:
        """Every live source has reached the tick; also when there is none."""
        return not self._awaited

    def note(self, source: int, channel: int, time_ns: int, receive_ns: int) -> bool:
        """Take a reading; False when its channel has had a newer one."""
        known = self.sources[source]
        cadence = known.channels.get(channel)
        if cadence is None:
            cadence = known.channels[channel] = Cadence(known.stated_period_ns)
            known.refresh()
        known.received_ns = receive_ns
        began, period = cadence.newest_ns is None, cadence.period_ns
        is_newer = cadence.note(time_ns, receive_ns)
        if began or cadence.period_ns != period:
            known.refresh()
            self._review_ns = 0
        if is_newer and self._awaited:
            threshold = self._awaited.get((source, channel))
            if threshold is not None and time_ns > threshold:
                del self._awaited[source, channel]
        return is_newer

    def expect(self, tick_time_ns: int, tick_ns: int) -> None:
        """Begin a tick: wait until each live source has readings newer than half its period, at most half
        a tick, before. Of a source slower than the ticks a newer reading is awaited where its next one is due, not
        at the ticks between (ADR 9).
        """
        self._awaited.clear()
        for index, source in enumerate(self.sources):
            if not source.live:
                continue
            for channel, cadence in source.paced():
                period, newest = cadence.period_ns or tick_ns, cadence.newest_ns
                if period > SLOW * tick_ns:
                    if newest is not None and _is_due(newest, period, tick_time_ns, tick_ns):
                        self._awaited[index, channel] = newest
                    continue
                threshold = tick_time_ns - min(tick_ns, period) // 2
                if newest is None or newest <= threshold:
                    self._awaited[index, channel] = threshold

    def review(self, now_ns: int) -> list[tuple[str, bool]]:
        """Let silent sources go and take those in that have a rhythm; the changes by name, True for
        joined.
        """
        if now_ns <= self._review_ns:
            return []
        changes = []
        for index, source in enumerate(self.sources):
            for channel, cadence in source.channels.items():
                if cadence.newest_ns is not None and now_ns > _silent_after_ns(cadence):
                    cadence.forget()
                    self._awaited.pop((index, channel), None)
            source.refresh()
            live = source.period_ns is not None and now_ns <= source.silent_after_ns()
            if live != source.live:
                source.live = live
                changes.append((source.name, live))
                if not live:
                    self._awaited = {key: value for key, value in self._awaited.items() if key[0] != index}
        self._review_ns = self._next_review_ns()
        return changes

    def _next_review_ns(self) -> int:
        """Nothing changes before, unless a channel finds another rhythm: whoever reports is silent only later."""
        times = [source.silent_after_ns() for source in self.sources if source.live]
        for source in self.sources:
            times += [
                _silent_after_ns(cadence)
                for cadence in source.channels.values()
                if cadence.newest_ns is not None
            ]
        return min(times, default=_NEVER_NS)

    def fastest(self) -> int | None:
        """Index of the live source with the shortest period."""
        live = [(source.period_ns or 0, index) for index, source in enumerate(self.sources) if source.live]
        return min(live)[1] if live else None


def _is_due(newest_ns: int, period_ns: int, tick_time_ns: int, tick_ns: int) -> bool:
    """Whether a source's rhythm has a reading in the tick that ends a quarter tick after a tick's time: so far may
    the phases of two sources differ that measure at the same moments.
    """
    after = tick_time_ns + tick_ns // 4 - newest_ns
    return after >= period_ns and after % period_ns < tick_ns


def _silent_after_ns(cadence: Cadence) -> int:
    return cadence.received_ns + max(SILENCE_NS, SILENT_PERIODS * (cadence.period_ns or 0))
