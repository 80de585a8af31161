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
        self._limit_ns = 0
        self.limit(2500)
        self._last_ns = clock.monotonic_ns()
        self._stalled_ns = self._last_ns

    def limit(self, session_timeout_ms: int) -> None:
        """A session of the consumer group lasts so long; a silence that is only a little shorter already
        fences.

        The session runs from our last heartbeat to the brokers, which may have been that much earlier than
        the last beat here.
        """
        heartbeat_ms = min(500, max(100, session_timeout_ms // 8))
        self._limit_ns = (session_timeout_ms - heartbeat_ms) * 1_000_000

    def beat(self) -> bool:
        """We are alive; False when that comes too late and everything has just been fenced."""
        now_ns = self._clock.monotonic_ns()
        silent_ns, self._last_ns = now_ns - self._last_ns, now_ns
        if silent_ns < self._limit_ns:
            return True
        self._stalled_ns = now_ns
        self._on_stall(silent_ns)
        return False

    def is_fresh(self, then_ns: int) -> bool:
        """Whether nobody can have taken over since then, a monotonic time: it is less than a session ago, and this
        process hasn't stood still.
        """
        self.beat()
        return then_ns >= self._stalled_ns and self._last_ns - then_ns < self._limit_ns
