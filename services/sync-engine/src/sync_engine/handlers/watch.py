"""Notices that this process was stopped or stalled for longer than its session lasts (journal rule 6)."""

from collections.abc import Callable

from twin_common.clock import Clock


class StallWatch:
    """Whoever is about to write or publish beats first; a beat that comes too late finds everything
    fenced.
    """

    def __init__(self, clock: Clock, on_stall: Callable[[int], None]) -> None:
        """Begin now.

        Args:
            clock: its monotonic time runs on while the process is stopped.
            on_stall: told the length of a stall in ns, before anything else may happen.
        """
        self._clock, self._on_stall = clock, on_stall
        self._limit_ns = 2_500_000_000
        self._last_ns = clock.monotonic_ns()

    def limit(self, session_timeout_ms: int) -> None:
        """From so long a silence on, somebody else may hold our partitions."""
        self._limit_ns = session_timeout_ms * 1_000_000

    def beat(self) -> bool:
        """We are alive; False when that comes too late and everything has just been fenced."""
        now_ns = self._clock.monotonic_ns()
        silent_ns, self._last_ns = now_ns - self._last_ns, now_ns
        if silent_ns < self._limit_ns:
            return True
        self._on_stall(silent_ns)
        return False
