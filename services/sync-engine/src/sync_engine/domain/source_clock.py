"""How far a source's clock is off ours, from what it says and when we heard it.

A message can't be received before it was sent, and the quickest of many took hardly any time: so the
running minimum of (receive time - source time) is the clock's offset plus the shortest transport. From 0 to
the tolerance that is taken for transport alone, and the source's word counts.
"""

from typing import Final, NamedTuple

NS_PER_S: Final = 1_000_000_000
SETTLE: Final = 5
"""Readings that must agree before an offset is believed."""
_PERSIST_NS: Final = NS_PER_S
_ROUNDING_NS: Final = 1_000_000
"""Sources round their times to milliseconds, so a time may lie so far ahead of a right clock."""


class Corrected(NamedTuple):
    """When a reading was taken, by our clock.

    Attributes:
        time_ns: ns since the Unix epoch.
        as_given: False: the source's own time was corrected or replaced.
    """

    time_ns: int
    as_given: bool


class SourceClock:
    """The estimated offset of one source's clock.

    Attributes:
        offset_ns: source time minus ours, already subtracted from what `correct` returns.
        settled: an offset has been decided; until then the time of receipt counts.
        changed: `offset_ns` was decided anew and hasn't been recorded; whoever records it sets this to False.
    """

    __slots__ = (
        "_early",
        "_low",
        "_previous_low",
        "_strange",
        "_strange_ages",
        "_strange_since",
        "_tolerance",
        "_turn_at",
        "_window",
        "changed",
        "offset_ns",
        "settled",
    )

    def __init__(
        self, tolerance_ns: int = NS_PER_S, window_ns: int = 10 * NS_PER_S, offset_ns: int | None = None
    ) -> None:
        """Begin with nothing known, or with the offset that the journal has recorded."""
        self.offset_ns = offset_ns or 0
        self.settled = offset_ns is not None
        self.changed = False
        self._tolerance = tolerance_ns
        self._window = window_ns // 2
        self._low: int | None = None
        self._previous_low: int | None = None
        self._turn_at = 0
        self._early = 0
        self._strange = 0
        self._strange_since = 0
        self._strange_ages: tuple[int, int] = (0, 0)

    def correct(self, receive_ns: int, source_ns: int) -> Corrected:
        """A reading's time by our clock, and what it tells of the source's.

        Once settled, a reading far older than usual keeps its own time (the fold shows it as late), and one
        from the future gets the time of receipt.

        Args:
            receive_ns: when it was received, never decreasing.
            source_ns: when it was taken, by the source's clock.
        """
        age = receive_ns - source_ns + self.offset_ns
        if not -self._tolerance <= age < self._tolerance:
            return self._wonder(receive_ns, source_ns, age)
        self._strange = 0
        self._remember(receive_ns, age)
        if not self.settled and age >= -_ROUNDING_NS:
            self.settled = True
        if age < -_ROUNDING_NS:
            self._early += 1
            if self._early >= SETTLE:
                self._decide(age if self._low is None else self._low)
            return Corrected(receive_ns, as_given=False)
        return Corrected(source_ns - self.offset_ns, as_given=self.offset_ns == 0)

    def _wonder(self, receive_ns: int, source_ns: int, age: int) -> Corrected:
        """A reading outside the tolerance: one is an oddity, several that agree are a clock that was set."""
        low, high = (
            (min(self._strange_ages[0], age), max(self._strange_ages[1], age))
            if self._strange
            else (age, age)
        )
        if high - low >= self._tolerance:  # a backlog being sent, not a clock: wait for readings that agree
            self._strange, low, high = 0, age, age
        if not self._strange:
            self._strange_since = receive_ns
        self._strange += 1
        self._strange_ages = (low, high)
        lasted = receive_ns - self._strange_since >= _PERSIST_NS
        if self._strange >= SETTLE and (lasted or not self.settled or age < 0):
            self._decide(low)
            return Corrected(min(source_ns - self.offset_ns, receive_ns), as_given=False)
        if self.settled and age > 0:
            return Corrected(source_ns - self.offset_ns, as_given=self.offset_ns == 0)
        return Corrected(receive_ns, as_given=False)

    def _remember(self, receive_ns: int, age: int) -> None:
        if receive_ns >= self._turn_at:
            lows = [low for low in (self._low, self._previous_low) if low is not None]
            if lows and self.settled:
                self._decide(min(lows))
            self._previous_low, self._low = self._low, None
            self._turn_at = receive_ns + self._window
        if self._low is None or age < self._low:
            self._low = age

    def _decide(self, lowest_age: int) -> None:
        """Take the smallest age seen, by the offset so far, for the clock's."""
        least = lowest_age - self.offset_ns  # smallest receive time - source time
        offset = 0 if -_ROUNDING_NS <= least < self._tolerance else -least
        self._early = self._strange = 0
        if not self.settled or abs(offset - self.offset_ns) > _ROUNDING_NS:
            self.changed = self.changed or offset != self.offset_ns
            self.offset_ns = offset
            self._low = self._previous_low = None
        self.settled = True
