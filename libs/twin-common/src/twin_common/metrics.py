"""Counting and timing, in a registry per process. Only the metrics of `metrics_table` exist, with exactly
their labels.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.process_collector import ProcessCollector

from twin_common.metrics_table import TABLE, Kind, Metric


class Metrics:
    """The metrics of one process.

    Every method takes a row of the table and exactly its labels; anything else is a programming error and
    raises `KeyError` (not in the table) or `ValueError` (wrong kind or labels).

    Args:
        process: also export the process's memory, CPU and file descriptors.
        shared: folder in which several processes that were started with `PROMETHEUS_MULTIPROC_DIR` keep what they
            count: `text` gives their sums.
    """

    def __init__(self, *, process: bool = True, shared: str | None = None) -> None:
        self.registry = CollectorRegistry()
        self._shared = shared
        if process:
            ProcessCollector(registry=self.registry)
        self._collectors: dict[str, Any] = {metric.name: self._make(metric) for metric in TABLE}
        self._children: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}

    def _make(self, metric: Metric) -> Counter | Gauge | Histogram:
        match metric.kind:
            case Kind.COUNTER:
                return Counter(metric.name, metric.help, metric.labels, registry=self.registry)
            case Kind.GAUGE:
                return Gauge(
                    metric.name,
                    metric.help,
                    metric.labels,
                    registry=self.registry,
                    multiprocess_mode="livesum",
                )
            case Kind.HISTOGRAM:
                return Histogram(
                    metric.name, metric.help, metric.labels, registry=self.registry, buckets=metric.buckets
                )

    def _child(self, metric: Metric, kind: Kind, labels: dict[str, str]) -> Any:
        key = (metric.name, tuple(labels.items()))
        child = self._children.get(key)
        if child is None:
            if metric not in TABLE:
                raise KeyError(
                    f"metric {metric.name} isn't in the table; declare it in twin_common.metrics_table"
                )
            if metric.kind is not kind:
                raise ValueError(f"{metric.name} is a {metric.kind}, not a {kind}")
            if set(labels) != set(metric.labels):
                raise ValueError(f"{metric.name} has the labels {metric.labels}, given are {tuple(labels)}")
            collector = self._collectors[metric.name]
            child = collector.labels(**labels) if labels else collector
            self._children[key] = child
        return child

    def count(self, metric: Metric, amount: float = 1, /, **labels: str) -> None:
        """Add to a counter."""
        self._child(metric, Kind.COUNTER, labels).inc(amount)

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        self._child(metric, Kind.GAUGE, labels).set(value)

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Add a value, in seconds for durations, to a histogram."""
        self._child(metric, Kind.HISTOGRAM, labels).observe(value)

    def observe_all(self, metric: Metric, values: Iterable[float], /, **labels: str) -> None:
        """Add values to a histogram; the series is looked up once."""
        observe = self._child(metric, Kind.HISTOGRAM, labels).observe
        for value in values:
            observe(value)

    @contextmanager
    def timed(self, metric: Metric, /, **labels: str) -> Iterator[None]:
        """Observe how long the block takes, whether it raises or not."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(metric, time.perf_counter() - started, **labels)

    def value(self, metric: Metric, /, **labels: str) -> float:
        """The present value of a counter or gauge, or the number of values in a histogram; 0 when there is
        none.
        """
        suffix = "_count" if metric.kind is Kind.HISTOGRAM else ""
        return self.registry.get_sample_value(metric.name + suffix, labels) or 0.0

    def forget(self, **labels: str) -> None:
        """Drop every series that has these labels, as when a twin has gone."""
        wanted = set(labels.items())
        for metric in TABLE:
            if not set(labels) <= set(metric.labels):
                continue
            for key in [k for k in self._children if k[0] == metric.name and wanted <= set(k[1])]:
                del self._children[key]
                self._collectors[metric.name].remove(*(dict(key[1])[label] for label in metric.labels))

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        if self._shared is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        ProcessCollector(registry=together)
        MultiProcessCollector(together, self._shared)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def forget_process(folder: str, pid: int) -> None:
    """A process that kept what it counts in a shared folder has ended: its gauges go, its counters stay."""
    mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
