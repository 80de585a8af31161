"""When something was said, and how long nothing was."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from itertools import pairwise

REMEMBERED_MS = 120_000


@dataclass
class Times:
    """Moments, ms since the Unix epoch.

    Attributes:
        ms: in order.
    """

    ms: list[int] = field(default_factory=list)

    def note(self, at_ms: int) -> None:
        """Something was said."""
        bisect.insort(self.ms, at_ms)

    def silence_s(self, from_ms: int, to_ms: int) -> float:
        """The longest time without anything within this span, in seconds; what was silent before doesn't count."""
        times = [at for at in self.ms if from_ms < at < to_ms]
        return max(b - a for a, b in pairwise([from_ms, *times, max(from_ms, to_ms)])) / 1000

    def heard_since(self, from_ms: int) -> bool:
        """Whether anything was said after that."""
        return bool(self.ms) and self.ms[-1] > from_ms

    def forget(self, now_ms: int) -> None:
        """What is long past is asked for no more."""
        self.ms = [at for at in self.ms if at > now_ms - REMEMBERED_MS]
