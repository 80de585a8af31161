"""What became of each reading that the MQTT broker had acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SLACK_NS = 400_000_000
"""What a dead writer had received, and not yet written, is so much older than its last frame at most."""


@dataclass
class ReadingBook:
    """One plant's readings.

    Attributes:
        silent: numbers of those that are in no frame in force, in no time in which nobody wrote, and in no counter.
        dropped: how many the sync engine's counters account for.
        outage: how many fell into a time in which nobody wrote.
        twice: positions that are in two frames in force.
    """

    silent: list[int] = field(default_factory=list)
    dropped: int = 0
    outage: int = 0
    twice: list[float] = field(default_factory=list)
    _frames: dict[float, int] = field(default_factory=dict)

    def take(self, positions: Iterable[tuple[float, int]]) -> None:
        """Enter position readings of frames in force: value and tick."""
        for position, tick in positions:
            if position in self._frames:
                self.twice.append(position)
            self._frames[position] = tick

    def settle(
        self, sent: Mapping[int, tuple[float, int]], away: Sequence[tuple[int, int]], counted: int
    ) -> None:
        """Account for readings that were acknowledged long enough ago; they needn't be shown again.

        Args:
            sent: position and time (ns) by number.
            away: times in which nobody wrote, from and to, ns.
            counted: how many the sync engines have counted as dropped since the last time.
        """
        lost = []
        for number, (position, at_ns) in sent.items():
            if position in self._frames:
                continue
            if any(first - SLACK_NS <= at_ns <= last + SLACK_NS for first, last in away):
                self.outage += 1
            else:
                lost.append(number)
        excused = min(counted, len(lost))
        self.dropped += excused
        self.silent += lost[excused:]

    def forget(self, before_tick: int) -> None:
        """Readings of frames before this tick don't come again."""
        self._frames = {position: tick for position, tick in self._frames.items() if tick >= before_tick}
