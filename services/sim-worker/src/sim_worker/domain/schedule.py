"""When twins are checkpointed: evenly spread, so that no moment has more to do than another."""

from zlib import crc32


class Staggered:
    """A period with a phase of each twin's own; times in ns."""

    def __init__(self, period_ns: int) -> None:
        """Every `period_ns`."""
        self._period_ns = period_ns
        self._due: dict[str, int] = {}

    def due(self, twin: str, now_ns: int) -> bool:
        """Whether it is the twin's turn; true once a period."""
        at = self._due.get(twin)
        if at is None:
            self._due[twin] = self._next(twin, now_ns)
            return False
        if now_ns < at:
            return False
        self._due[twin] = self._next(twin, now_ns)
        return True

    def at_once(self, twin: str) -> None:
        """Make the next question true."""
        self._due[twin] = 0

    def forget(self, twin: str) -> None:
        """The twin has gone."""
        self._due.pop(twin, None)

    def _next(self, twin: str, now_ns: int) -> int:
        phase = crc32(twin.encode()) % self._period_ns
        return now_ns + self._period_ns - (now_ns - phase) % self._period_ns
