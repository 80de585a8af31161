"""Notices that the process stood still (stopped, swapped out, or hung) for longer than its session."""


class StallGuard:
    """Compares beats of the event loop with a monotonic clock, ns.

    After a stall the partitions may be another worker's, so nothing that was read before may be acted on.
    """

    def __init__(self, limit_ns: int, now_ns: int) -> None:
        """Allow gaps up to `limit_ns` between beats."""
        self._limit_ns = limit_ns
        self._last = now_ns
        self._stalled = False

    def allow(self, limit_ns: int) -> None:
        """Allow gaps up to `limit_ns`: the session that the broker granted."""
        self._limit_ns = limit_ns

    def beat(self, now_ns: int) -> None:
        """The event loop runs."""
        if now_ns - self._last > self._limit_ns:
            self._stalled = True
        self._last = now_ns

    def stalled(self, now_ns: int) -> bool:
        """True from a stall on until `reset`."""
        return self._stalled or now_ns - self._last > self._limit_ns

    def reset(self, now_ns: int) -> None:
        """Everything read before the stall is gone."""
        self._stalled, self._last = False, now_ns
