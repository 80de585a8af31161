"""One twin's public stream: when something new was said, and what was said twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from faulting.books.journal import Identity

_REMEMBERED_MS = 120_000


@dataclass
class PublicBook:
    """What people heard of one twin.

    Attributes:
        times_ms: when something new was said, ms since the Unix epoch, in order.
        twice: identities that were said again, or after something newer.
    """

    times_ms: list[int] = field(default_factory=list)
    twice: list[Identity] = field(default_factory=list)
    _newest: Identity = (0, -1)

    def take(self, at_ms: int, identity: Identity) -> None:
        """Enter the next record."""
        if identity <= self._newest:
            self.twice.append(identity)
            return
        self._newest = identity
        self.times_ms.append(at_ms)

    def silence_s(self, from_ms: int, to_ms: int) -> float:
        """The longest time without anything new within this span, in seconds; what was silent before doesn't count."""
        times = [at for at in self.times_ms if from_ms < at < to_ms]
        return max(b - a for a, b in pairwise([from_ms, *times, to_ms])) / 1000

    def heard_since(self, from_ms: int) -> bool:
        """Whether anything new was said after that."""
        return bool(self.times_ms) and self.times_ms[-1] > from_ms

    def forget(self, now_ms: int) -> None:
        """What is long past is asked for no more."""
        self.times_ms = [at for at in self.times_ms if at > now_ms - _REMEMBERED_MS]
