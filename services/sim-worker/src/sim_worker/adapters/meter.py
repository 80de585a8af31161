"""What the worker measures of itself, as metrics."""

from collections.abc import Mapping

from sim_worker.domain.status import Counts
from twin_common import metrics_table as table
from twin_common.metrics import Metrics

_PER_TWIN = {"predictions": table.PREDICTIONS, "repeated": table.REPEATED, "void": table.VOID_RECORDS}
_OUTCOMES = {
    "forecasts": "forecast",
    "residuals": "residual",
    "forecasts_skipped": "skipped",
    "forecasts_failed": "failed",
}


class MetricsMeter:
    """`Meter` on the process's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        """Count there."""
        self._metrics = metrics
        self._engines: set[str] = set()
        self._reasons: set[str] = set()
        self._told: dict[str, dict[str, int]] = {}
        self._names: dict[str, str] = {}

    def folded(self, engine: str, steps: int, seconds: float) -> None:
        """A frame was folded."""
        self._metrics.observe(table.STEP_DURATION, seconds / steps, engine=engine)
        self._metrics.observe(table.FOLD_DURATION, seconds, engine=engine)

    def started(self, engine: str, org: str) -> None:
        """A simulation was opened."""
        self._metrics.count(table.SIMULATIONS, engine=engine, org=org)

    def counted(self, twin: str, name: str, engine: str, counts: Counts, behind_s: float) -> None:
        """Where a twin's counters stand; they begin anew when a worker takes it over."""
        now, before = counts.as_map(), self._told.get(twin, {})
        self._told[twin], self._names[twin] = now, name
        for key, metric in _PER_TWIN.items():
            self._add(metric, now[key] - before.get(key, 0), now[key], twin=name)
        steps = now["steps"] - before.get("steps", 0)
        self._add(table.STEPS, steps, now["steps"], engine=engine, twin=name)
        for key, outcome in _OUTCOMES.items():
            self._add(table.HORIZONS, now[key] - before.get(key, 0), now[key], twin=name, outcome=outcome)
        self._metrics.set(table.FOLD_LAG, behind_s, twin=name)

    def _add(self, metric: table.Metric, grown: int, total: int, **labels: str) -> None:
        if amount := grown if grown >= 0 else total:
            self._metrics.count(metric, amount, **labels)

    def checkpoint(self, name: str, size: int) -> None:
        """A checkpoint was written."""
        self._metrics.count(table.CHECKPOINTS, twin=name)
        self._metrics.set(table.CHECKPOINT_BYTES, size, twin=name)

    def keyframe(self, name: str) -> None:
        """A state was kept for time travel."""
        self._metrics.count(table.KEYFRAMES, twin=name)

    def lost_tail(self) -> None:
        """A journal has lost its newest records."""
        self._metrics.count(table.LOST_TAILS, service="sim-worker")

    def parked(self, by_code: Mapping[str, int]) -> None:
        """How many twins are parked now."""
        self._reasons |= set(by_code)
        for reason in self._reasons:
            self._metrics.set(table.PARKED, by_code.get(reason, 0), reason=reason)

    def refused(self) -> None:
        """There was no room for a twin."""
        self._metrics.count(table.ADMISSION_REFUSED)

    def slowed(self, name: str) -> None:
        """A lower rate was asked for the twin of this name."""
        self._metrics.count(table.RATE_LOWERED, twin=name)

    def rebalanced(self, partitions: int) -> None:
        """So many partitions came or went."""
        self._metrics.count(table.PARTITIONS_MOVED, partitions)

    def holds(self, partitions: int, load: float) -> None:
        """How many partitions it holds now, and the share of a core that their twins use."""
        self._metrics.set(table.PARTITIONS_HELD, partitions)
        self._metrics.set(table.WORKER_LOAD, load)

    def forget(self, twin: str) -> None:
        """A twin has gone, and its series with it."""
        self._told.pop(twin, None)
        if (name := self._names.pop(twin, None)) is not None:
            self._metrics.forget(twin=name)

    def active(self, by_engine: Mapping[str, int]) -> None:
        """How many simulations are open now."""
        self._engines |= set(by_engine)
        for engine in self._engines:
            self._metrics.set(table.ACTIVE_SIMULATIONS, by_engine.get(engine, 0), engine=engine)

    def count(self, what: str) -> None:
        """Something that belongs to no twin."""
        self._metrics.count(table.WORKER_EVENTS, event=what)
