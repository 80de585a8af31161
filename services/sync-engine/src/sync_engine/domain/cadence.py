"""How often a channel of a source reports, from its readings' times."""

from statistics import median
from typing import Final

KNOWN_AFTER: Final = 3
"""Intervals after which a period is known."""
_KEPT: Final = 9


class Cadence:
    """One channel's rhythm.

    Attributes:
        newest_ns: time of its newest reading; None: there was none.
        received_ns: receipt of its last reading.
        period_ns: median interval between readings; None: not known yet.
    """

    __slots__ = ("_intervals", "_since", "newest_ns", "period_ns", "received_ns")

    def __init__(self, period_ns: int | None = None) -> None:
        """Begin with the period that the definition states, or with none."""
        self.newest_ns: int | None = None
        self.received_ns = 0
        self.period_ns = period_ns
        self._intervals: list[int] = []
        self._since = 0

    def note(self, time_ns: int, receive_ns: int) -> bool:
        """Take a reading; False when it is not newer than the newest."""
        self.received_ns = receive_ns
        newest = self.newest_ns
        if newest is None:
            self.newest_ns = time_ns
            return True
        if time_ns <= newest:
            return False
        self.newest_ns = time_ns
        intervals = self._intervals
        if len(intervals) < _KEPT:
            intervals.append(time_ns - newest)
        else:
            intervals[self._since % _KEPT] = time_ns - newest
        self._since += 1
        # The median of nine hardly moves, so it is looked at when new and then after each round.
        if len(intervals) >= KNOWN_AFTER and (self._since <= _KEPT or self._since % _KEPT == 0):
            self.period_ns = int(median(intervals))
        return True

    def forget(self) -> None:
        """The channel fell silent: its next reading begins a new rhythm."""
        self.newest_ns = None
        self._intervals.clear()
        self._since = 0
        self.period_ns = None
