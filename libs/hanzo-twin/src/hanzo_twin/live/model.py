"""The live picture of one twin, from its statuses and its public stream. Pure: times are handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hanzo_twin.figures import latency_ms, rms_by_channel
from hanzo_twin.models import Prediction, SimReport, Source, SyncStatus, Twin

WINDOW_NS = 10_000_000_000
"""Rates, latencies and innovations are those of the last 10 s."""

READINGS = "readings"
PREDICTIONS = "predictions"
REFUSED = "refused."
"""Keys of `SyncStatus.counts`; what was refused is counted by reason behind this prefix."""


@dataclass(frozen=True, slots=True)
class LiveView:
    """One moment of a twin.

    Attributes:
        phase: what its worker does; "waiting for a worker" before the first report.
        conditions: what holds beside, one sentence each.
        worker, incarnation, tick: who folds it, and how far; -1: no tick yet.
        lag_ms: age of the newest folded frame when it was folded.
        readings: received since the sync engine took the twin over.
        readings_per_s: over the last 10 s; None before two reports.
        published: predictions since the sync engine took the twin over.
        predictions: of these, seen on the public stream by this process.
        predictions_per_s: seen, over the last 10 s; None before two predictions.
        latency: p50, p99 and max in ms over the last 10 s.
        values: that the newest prediction has, by channel, SI units.
        innovation_rms: by channel over the last 10 s, SI units.
        units: of the channels.
        sources: as the sync engine reports them.
        refused: what the sync engine refused, by reason.
        errors: last message by reason.
        failure: code and message of a twin that has failed or is parked.
        warnings: of the scene and the like.
        reported_ns: when the sync engine said this of its sources, in ns; -1: never.
        silent_s: seconds since the last prediction; None before the first.
    """

    phase: str
    conditions: tuple[str, ...]
    worker: str
    incarnation: int
    tick: int
    lag_ms: float
    readings: int
    readings_per_s: float | None
    published: int
    predictions: int
    predictions_per_s: float | None
    latency: Mapping[str, float | None]
    values: Mapping[str, tuple[float, ...]]
    innovation_rms: Mapping[str, float]
    units: Mapping[str, str]
    sources: tuple[Source, ...]
    refused: Mapping[str, int]
    errors: Mapping[str, str]
    failure: str | None
    warnings: tuple[str, ...]
    reported_ns: int
    silent_s: float | None


@dataclass(slots=True)
class LiveModel:
    """Takes reports and predictions as they come, and shows them as a `LiveView`."""

    _twin: Twin | None = None
    _sync: SyncStatus | None = None
    _seen: int = 0
    _newest: tuple[int, int] = (0, -1)
    _recent: deque[tuple[int, Prediction]] = field(default_factory=deque)
    _readings: deque[tuple[int, int]] = field(default_factory=deque)

    def observe_twin(self, twin: Twin) -> None:
        """Take what is known of the twin; a worker's report older than the newest is ignored."""
        if self._twin is None or _at_ns(twin.sim) >= _at_ns(self._twin.sim):
            self._twin = twin

    def observe_sync(self, status: SyncStatus) -> None:
        """Take a sync engine's report; one older than the newest is ignored."""
        at_ns = _at_ns(status)
        if status.at is None or (self._sync is not None and at_ns < _at_ns(self._sync)):
            return
        if self._sync is not None and status.engine != self._sync.engine:
            self._readings.clear()  # another engine counts from zero
        self._sync = status
        if not self._readings or self._readings[-1][0] < at_ns:
            self._readings.append((at_ns, status.counts.get(READINGS, 0)))
        while self._readings[0][0] < at_ns - WINDOW_NS:
            self._readings.popleft()

    def observe_prediction(self, prediction: Prediction, at_ns: int) -> None:
        """Take a prediction that became public at `at_ns`; repeats are dropped."""
        identity = (prediction.incarnation, prediction.offset)
        if identity <= self._newest:
            return
        self._newest = identity
        self._seen += 1
        self._recent.append((at_ns, prediction))

    def reported(self, now_ns: int) -> LiveView:
        """The picture from reports alone: latency and innovation as the sync engine measures."""
        view, sync = self.view(now_ns), self._sync
        if sync is None:
            return view
        measured = sync.latency if sync.latency is not None and sync.latency.count else None
        return replace(
            view,
            tick=max(view.tick, -1 if sync.tick is None else sync.tick),
            latency={
                "p50": measured.p50_ms if measured else None,
                "p99": measured.p99_ms if measured else None,
                "max": measured.max_ms if measured else None,
            },
            innovation_rms=dict(sorted(sync.innovation_rms.items())),
        )

    def view(self, now_ns: int) -> LiveView:
        """The picture at `now_ns`."""
        while self._recent and self._recent[0][0] < now_ns - WINDOW_NS and len(self._recent) > 1:
            self._recent.popleft()
        recent = [(at_ns, prediction) for at_ns, prediction in self._recent if at_ns >= now_ns - WINDOW_NS]
        twin, sync = self._twin, self._sync
        sim = twin.sim if twin is not None else None
        counts = sync.counts if sync else {}
        innovations = [item for _, prediction in recent for item in prediction.innovations.items()]
        return LiveView(
            phase=_phase(twin),
            conditions=tuple(f"{item.type}: {item.message}" for item in twin.conditions) if twin else (),
            worker=sim.worker if sim else "",
            incarnation=sim.incarnation if sim else 0,
            tick=max(sim.tick if sim else -1, recent[-1][1].tick if recent else -1),
            lag_ms=sim.lag_ms if sim else 0.0,
            readings=counts.get(READINGS, 0),
            readings_per_s=_rate(self._readings),
            published=counts.get(PREDICTIONS, 0),
            predictions=self._seen,
            predictions_per_s=_rate([(at_ns, index) for index, (at_ns, _) in enumerate(recent)]),
            latency=latency_ms(
                [round(item.latency_ms * 1e6) for _, item in recent if item.latency_ms is not None]
            ),
            values=dict(sorted(recent[-1][1].values.items())) if recent else {},
            innovation_rms=rms_by_channel(innovations),
            units={path: unit for _, item in recent for path, unit in item.units.items()},
            sources=tuple(sync.sources) if sync else (),
            refused={
                key.removeprefix(REFUSED): count
                for key, count in sorted(counts.items())
                if key.startswith(REFUSED) and count
            },
            errors=dict(sync.errors) if sync else {},
            failure=f"{twin.error.code}: {twin.error.message}" if twin and twin.error else None,
            warnings=sim.warnings if sim else (),
            reported_ns=_at_ns(sync),
            silent_s=(now_ns - self._recent[-1][0]) / 1e9 if self._recent else None,
        )


def _phase(twin: Twin | None) -> str:
    """The twin's phase, but parked when its worker says so: what is to be done differs."""
    if twin is None or (twin.sim is None and twin.desired == "running"):
        return "waiting for a worker"
    parked = any(condition.type == "parked" for condition in twin.conditions)
    return "parked" if parked and twin.phase in ("running", "failed") else twin.phase


def _at_ns(report: SimReport | SyncStatus | None) -> int:
    return round(report.at.timestamp() * 1e9) if report is not None and report.at is not None else -1


def _rate(counted: deque[tuple[int, int]] | list[tuple[int, int]]) -> float | None:
    """Counts per second between the first and the last entry of (time in ns, count)."""
    if len(counted) < 2 or counted[-1][0] <= counted[0][0]:
        return None
    return (counted[-1][1] - counted[0][1]) * 1e9 / (counted[-1][0] - counted[0][0])
