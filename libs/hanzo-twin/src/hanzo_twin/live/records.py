"""What the bus says of a twin, as the models that the REST API gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hanzo_twin.models import (
    Condition,
    Failure,
    Latency,
    Prediction,
    SimReport,
    Source,
    SyncStatus,
    Twin,
)
from twin_schemas.records import SimPhase, SimStatus, TwinPrediction
from twin_schemas.records import SyncStatus as SyncRecord

_PHASES = {SimPhase.PARKED: "running"}


def twin_of(status: SimStatus) -> Twin:
    """A worker's report as the twin that it is about."""
    conditions = [
        Condition(type=each.type, since=moment(each.since_ns), message=each.message)
        for each in status.conditions
    ]
    if status.phase is SimPhase.PARKED and not any(each.type == "parked" for each in conditions):
        conditions.append(Condition(type="parked", message=status.message or ""))
    return Twin(
        id=status.twin,
        name=status.name,
        organization=status.org,
        revision=status.revision,
        phase=_PHASES.get(status.phase, status.phase.value),
        desired="running",
        conditions=tuple(conditions),
        error=Failure(code=status.code, message=status.message or "") if status.code else None,
        sim=SimReport(
            worker=status.worker,
            incarnation=status.incarnation,
            phase=status.phase.value,
            revision=status.revision,
            tick=status.tick,
            offset=status.offset,
            lag_ms=status.lag_ms,
            checkpoint_offset=status.checkpoint_offset,
            counts=status.counts,
            warnings=tuple(status.warnings),
            at=moment(status.at_ns),
        ),
    )


def sync_of(status: SyncRecord) -> SyncStatus:
    """A sync engine's report."""
    latency = status.latency
    return SyncStatus(
        twin=status.twin,
        name=status.name,
        revision=status.revision,
        engine=status.engine,
        incarnation=status.incarnation,
        epoch=status.epoch,
        tick=status.tick,
        sources=tuple(
            Source(
                name=each.name,
                connected=each.connected,
                live=each.live,
                received=each.received,
                last_at=moment(each.last_ns) if each.last_ns else None,
                clock_offset_ns=each.clock_offset_ns,
                error=each.error,
            )
            for each in status.sources
        ),
        latency=Latency(
            count=latency.count, p50_ms=latency.p50_ms, p99_ms=latency.p99_ms, max_ms=latency.max_ms
        ),
        innovation_rms=status.innovation_rms,
        counts=status.counts,
        errors=status.errors,
        at=moment(status.at_ns),
    )


def prediction_of(prediction: TwinPrediction) -> Prediction:
    """A prediction of the public stream."""
    values, innovations = _by_path(prediction.values), _by_path(prediction.innovations)
    return Prediction(
        twin=prediction.twin,
        name=prediction.name,
        incarnation=prediction.incarnation,
        offset=prediction.offset,
        tick=prediction.tick,
        time=moment(prediction.time_ns),
        parameter_version=prediction.parameter_version,
        values=values,
        innovations=innovations,
        units={each.path: each.unit for each in (*prediction.values, *prediction.innovations)},
        latency_ms=prediction.latency_ns / 1e6 if prediction.latency_ns >= 0 else None,
    )


def moment(at_ns: int) -> datetime | None:
    """A time of the bus; None where the calendar ends."""
    try:
        return datetime.fromtimestamp(at_ns / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _by_path(channels: list[Any]) -> dict[str, tuple[float, ...]]:
    return {each.path: tuple(each.values) for each in channels}
