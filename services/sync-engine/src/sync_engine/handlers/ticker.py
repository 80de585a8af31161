"""One timer for all twins."""

import asyncio
import heapq
from collections.abc import Callable
from math import ceil

from twin_common.clock import Clock

_NS_PER_MS = 1_000_000


class Ticker:
    """Calls back for each key when its deadline comes; a heap and one timer, not a task for each twin."""

    def __init__(self, clock: Clock, on_due: Callable[[str], None]) -> None:
        """Begin with no deadline.

        Args:
            clock: tells the time.
            on_due: takes a key whose deadline has come; it usually sets the next one.
        """
        self._clock, self._on_due = clock, on_due
        self._due: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._armed_ns = 0

    def set(self, key: str, due_ns: int) -> None:
        """Call back at a time; replaces the key's earlier deadline."""
        if self._due.get(key) == due_ns:
            return
        self._due[key] = due_ns
        heapq.heappush(self._heap, (due_ns, key))
        if self._timer is None or due_ns < self._armed_ns:
            self._arm(due_ns)

    def drop(self, key: str) -> None:
        """Don't call back for a key."""
        self._due.pop(key, None)

    def close(self) -> None:
        """Call back never again."""
        self._due.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due_ns: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # Event loops round to milliseconds, some of them down, and would then be woken for nothing.
        delay_ms = ceil(max(0, due_ns - self._clock.now_ns()) / _NS_PER_MS)
        self._timer = asyncio.get_running_loop().call_later(delay_ms / 1000, self._fire)
        self._armed_ns = due_ns

    def _fire(self) -> None:
        self._timer = None
        now_ns = self._clock.now_ns()
        heap, due = self._heap, self._due
        while heap and heap[0][0] <= now_ns:
            at, key = heapq.heappop(heap)
            if due.get(key) == at:
                del due[key]
                self._on_due(key)
        while heap and due.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)  # superseded
        if heap and (self._timer is None or heap[0][0] < self._armed_ns):
            self._arm(heap[0][0])
