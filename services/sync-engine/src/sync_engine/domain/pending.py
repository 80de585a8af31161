"""Readings that wait for their frame, bounded per source."""

from collections import deque
from collections.abc import Sequence

from twin_schemas.records import Reading


class PendingReadings:
    """Messages received since the last frame, in order of receipt; of each source at most so many."""

    def __init__(self, sources: int, limit: int) -> None:
        """Begin empty.

        Args:
            sources: number of sources.
            limit: messages held per source; then the source's oldest gives way.
        """
        self._limit = limit
        self._counts = [0] * sources
        self._messages: deque[tuple[int, Sequence[Reading]]] = deque()
        self.newest_receipt_ns = 0

    def add(self, source: int, readings: Sequence[Reading], receive_ns: int) -> int:
        """Hold a message's readings; returns how many readings of the source gave way to them."""
        self.newest_receipt_ns = receive_ns
        self._messages.append((source, readings))
        self._counts[source] += 1
        dropped = 0
        while self._counts[source] > self._limit:
            oldest = next(index for index, (owner, _) in enumerate(self._messages) if owner == source)
            dropped += len(self._messages[oldest][1])
            del self._messages[oldest]
            self._counts[source] -= 1
        return dropped

    def resize(self, limit: int) -> None:
        """Hold so many messages per source from now on; what is too much gives way at the next one."""
        self._limit = limit

    def take(self) -> list[Reading]:
        """Everything held, oldest first; nothing is held afterwards."""
        readings = [reading for _, message in self._messages for reading in message]
        self._messages.clear()
        self._counts = [0] * len(self._counts)
        self.newest_receipt_ns = 0
        return readings

    @property
    def readings(self) -> int:
        """Readings held."""
        return sum(len(message) for _, message in self._messages)

    def __len__(self) -> int:
        """Messages held."""
        return len(self._messages)
