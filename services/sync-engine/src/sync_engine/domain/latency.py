"""The latency account of one twin (design section 4).

Sync latency runs from the later of tick and receipt of the frame's newest reading to the publication of the
frame's prediction. What the frame itself waited for its readings after the tick is told apart.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from twin_schemas.records import Latency

_REMEMBERED: Final = 4096
_NS_PER_MS: Final = 1_000_000


class LatencyAccount:
    """Opened when a frame closes, settled when its prediction has been published.

    Attributes:
        overruns: predictions over budget since the start.
    """

    def __init__(self, budget_ns: int) -> None:
        """Begin with no open frames."""
        self.overruns = 0
        self._budget = budget_ns
        self._open: OrderedDict[int, int] = OrderedDict()
        self._settled: list[int] = []
        self._waits: list[int] = []

    def budget(self, budget_ns: int) -> None:
        """Count what takes longer than this from now on."""
        self._budget = budget_ns

    def closed(self, tick: int, tick_time_ns: int, newest_receipt_ns: int, now_ns: int) -> None:
        """A frame was closed.

        Args:
            tick: its tick.
            tick_time_ns: when that was due.
            newest_receipt_ns: receipt of its newest reading; 0: it has none.
            now_ns: when it was closed.
        """
        if len(self._waits) < _REMEMBERED:
            self._waits.append(now_ns - tick_time_ns)
        self._open[tick] = max(tick_time_ns, newest_receipt_ns)
        if len(self._open) > _REMEMBERED:
            self._open.popitem(last=False)

    def forget(self) -> None:
        """Tell nothing of the frames closed so far."""
        self._open.clear()
        self._waits.clear()

    def elapsed(self, tick: int, now_ns: int) -> int:
        """Latency of a prediction that is about to be published, ns; -1: its frame isn't known here."""
        began = self._open.get(tick)
        return -1 if began is None else max(0, now_ns - began)

    def published(self, tick: int, now_ns: int) -> int:
        """A prediction was handed over everywhere; its latency in ns, or -1."""
        began = self._open.pop(tick, None)
        if began is None:
            return -1
        latency = max(0, now_ns - began)
        self._settled.append(latency)
        self.overruns += latency > self._budget
        return latency

    def take_waits(self) -> list[int]:
        """How long after its tick each frame closed, ns, since the last call."""
        waits, self._waits = self._waits, []
        return waits

    @property
    def latencies(self) -> Sequence[int]:
        """Those settled since the last summary, ns."""
        return self._settled

    def summary(self) -> Latency:
        """What was settled since the last summary."""
        settled, self._settled = sorted(self._settled), []
        if not settled:
            return Latency(count=0, p50_ms=0.0, p99_ms=0.0, max_ms=0.0)
        return Latency(
            count=len(settled),
            p50_ms=percentile(settled, 0.5) / _NS_PER_MS,
            p99_ms=percentile(settled, 0.99) / _NS_PER_MS,
            max_ms=settled[-1] / _NS_PER_MS,
        )


def percentile(ordered: list[int], share: float) -> int:
    """The smallest value that at least this share of an ordered, non-empty list doesn't exceed (nearest
    rank).
    """
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(0, min(len(ordered), rank) - 1)]
