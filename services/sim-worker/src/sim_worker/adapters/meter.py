"""What the worker measures of itself, as metrics."""

from collections.abc import Mapping

from twin_common import metrics_table as table
from twin_common.metrics import Metrics


class MetricsMeter:
    """`Meter` on the process's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        """Count there."""
        self._metrics = metrics
        self._engines: set[str] = set()

    def folded(self, engine: str, twin: str, steps: int, seconds: float) -> None:
        """A frame was folded."""
        self._metrics.count(table.STEPS, steps, engine=engine, twin=twin)
        self._metrics.observe(table.STEP_DURATION, seconds / steps, engine=engine)
        self._metrics.observe(table.FOLD_DURATION, seconds, engine=engine)

    def started(self, engine: str, org: str) -> None:
        """A simulation was opened."""
        self._metrics.count(table.SIMULATIONS, engine=engine, org=org)

    def active(self, by_engine: Mapping[str, int]) -> None:
        """How many simulations are open now."""
        self._engines |= set(by_engine)
        for engine in self._engines:
            self._metrics.set(table.ACTIVE_SIMULATIONS, by_engine.get(engine, 0), engine=engine)

    def count(self, what: str) -> None:
        """Something that belongs to no twin."""
        self._metrics.count(table.WORKER_EVENTS, event=what)
