"""Notices that this process was stopped, stalled or cut off for as long as its session lasts (journal rule 6)."""

from collections.abc import Callable

from twin_common.clock import Clock


class StallWatch:
    """Whoever is about to write or publish beats first; a beat that comes too late finds everything
    fenced. Journals fence whoever is cut off; what is published has to wait until they were read.

    Attributes:
        answered_ns: monotonic time of a broker's last answer.
    """

    def __init__(
        self, clock: Clock, on_stall: Callable[[int], None], on_return: Callable[[int], None]
    ) -> None:
        """Begin now.

        Args:
            clock: its monotonic time runs on while the process is stopped.
            on_stall: told the length of a stall in ns, before anything else may happen.
            on_return: told when brokers answer again, since when they didn't (monotonic), if it was nearly a session.
        """
        self._clock, self._on_stall, self._on_return = clock, on_stall, on_return
        self._limit_ns = 0
        self.limit(2500)
        self._last_ns = clock.monotonic_ns()
        self._broken_ns = self.answered_ns = self._last_ns

    def limit(self, session_timeout_ms: int) -> int:
        """A session of the consumer group lasts so long; a silence that is only a little shorter, ms, which is
        returned, already fences.

        The session runs from our last heartbeat to the brokers, which may have been that much earlier than
        the last beat here.
        """
        heartbeat_ms = min(500, max(100, session_timeout_ms // 8))
        self._limit_ns = (session_timeout_ms - heartbeat_ms) * 1_000_000
        return session_timeout_ms - heartbeat_ms

    def beat(self) -> bool:
        """We are alive; False when that comes too late and everything has just been fenced."""
        now_ns = self._clock.monotonic_ns()
        silent_ns, self._last_ns = now_ns - self._last_ns, now_ns
        if silent_ns < self._limit_ns:
            return True
        self._broken_ns = now_ns
        self._on_stall(silent_ns)
        return False

    def answered(self) -> None:
        """A broker has taken a record of ours, whichever."""
        is_return, now_ns, before_ns = not self.in_contact(), self._clock.monotonic_ns(), self.answered_ns
        self.answered_ns = now_ns
        if is_return:
            self._broken_ns = now_ns
            self._on_return(before_ns)

    def in_contact(self) -> bool:
        """Whether brokers have answered within nearly a session."""
        return self._clock.monotonic_ns() - self.answered_ns < self._limit_ns

    def unbroken_since(self, then_ns: int) -> bool:
        """Whether this process has been alive and in contact since then, a monotonic time less than a session ago."""
        self.beat()
        return then_ns >= self._broken_ns and self._last_ns - then_ns < self._limit_ns and self.in_contact()
