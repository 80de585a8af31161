"""How often to try again, and how many refusals are too many."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from twin_common.clock import NS_PER_S, Clock
from twin_common.errors import TooManyDeadLetters


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential back-off without an end: a transient failure is never skipped.

    Attributes:
        first_s: wait after the first failure, in seconds.
        factor: each wait is so many times the last.
        longest_s: no wait is longer.
    """

    first_s: float = 0.1
    factor: float = 2.0
    longest_s: float = 30.0

    def wait_s(self, attempt: int) -> float:
        """Seconds to wait after failed attempt 1, 2, ..."""
        # The exponent is bounded, so that a thousandth attempt doesn't overflow.
        return min(self.longest_s, self.first_s * self.factor ** min(attempt - 1, 64))


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """More than `count` dead letters within `seconds` stop the consumer."""

    count: int = 100
    seconds: float = 60.0


class DeadLetterMeter:
    """Counts dead letters against a limit."""

    def __init__(self, limit: DeadLetterLimit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._times: deque[int] = deque()

    def add(self, topic: str) -> None:
        """One more.

        Raises:
            TooManyDeadLetters: the limit is passed.
        """
        now_ns = self._clock.monotonic_ns()
        self._times.append(now_ns)
        while self._times[0] < now_ns - self._limit.seconds * NS_PER_S:
            self._times.popleft()
        if len(self._times) > self._limit.count:
            raise TooManyDeadLetters(
                f"{len(self._times)} records of {topic} were refused within {self._limit.seconds:g} s "
                f"(at most {self._limit.count} are); the consumer stops. Look at the dead letters, mend the "
                "producer or this service, and start it again"
            )
