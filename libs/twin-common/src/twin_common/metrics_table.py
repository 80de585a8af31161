"""Every metric that exists: the standard's names exactly, and ours beside them. Nothing else can be
counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_FAST = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_SYNC = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 5.0)
_SLOW = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Kind(StrEnum):
    """What a metric does: only up, up and down, or distributed."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table. Durations are in seconds."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, labels, text)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, labels, text)


def _histogram(name: str, buckets: tuple[float, ...], text: str, *labels: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, labels, text, buckets)


# The standard's.
SIMULATIONS = _counter("hanzo_twin_simulations_total", "Total simulations started", "engine", "org")
STEPS = _counter("hanzo_twin_steps_total", "Total physics steps executed", "engine", "twin")
SYNTHDATA_FRAMES = _counter("hanzo_twin_synthdata_frames_total", "Synthetic images generated", "twin")
SYNC_MESSAGES = _counter("hanzo_twin_sync_messages_total", "Sync messages (in/out)", "twin", "direction")
CHAOS_INJECTIONS = _counter("hanzo_twin_chaos_injections_total", "Chaos scenarios executed", "scenario")
STEP_DURATION = _histogram("hanzo_twin_step_duration_seconds", _FAST, "Per-step simulation latency", "engine")
SYNC_LATENCY = _histogram("hanzo_twin_sync_latency_seconds", _SYNC, "Sync loop latency", "twin")
RENDER_DURATION = _histogram("hanzo_twin_render_duration_seconds", _SLOW, "Per-frame render time", "engine")
API_DURATION = _histogram("hanzo_twin_api_request_duration_seconds", _SLOW, "API latency", "endpoint")
ACTIVE_SIMULATIONS = _gauge("hanzo_twin_active_simulations", "Running simulation instances", "engine")
GPUS_ALLOCATED = _gauge("hanzo_twin_gpus_allocated", "GPUs in use for simulation", "gpu_type")
SYNC_DRIFT = _gauge("hanzo_twin_sync_drift", "Current prediction-reality drift", "twin", "dimension")
PARALLEL_ENVS = _gauge("hanzo_twin_parallel_envs", "Active RL environments", "twin")

# Ours: the runner.
HANDLED = _counter("hanzo_twin_handled_total", "Records handled, by what became of them", "type", "outcome")
HANDLE_DURATION = _histogram("hanzo_twin_handle_duration_seconds", _SLOW, "Time to handle a record", "type")
DEAD_LETTERS = _counter("hanzo_twin_dead_letters_total", "Records given up", "topic", "code")
BACKLOG = _gauge(
    "hanzo_twin_backlog_records", "Records read and not yet handled", "group", "topic", "partition"
)

# Ours: whoever decides what callers may do.
AUDIT_LOST = _counter("hanzo_twin_audit_lost_total", "Decisions that didn't reach the audit log", "reason")

# Ours: the sync engine.
SYNC_REFUSED = _counter("hanzo_twin_sync_refused_total", "Readings not used, by reason", "twin", "reason")
SYNC_FRAMES = _counter("hanzo_twin_sync_frames_total", "Journal frames written, by kind", "twin", "kind")
SYNC_OVER_BUDGET = _counter(
    "hanzo_twin_sync_over_budget_total", "Predictions over the latency budget", "twin"
)
PUBLIC_LOST = _counter(
    "hanzo_twin_public_lost_total", "Public predictions and statuses that weren't written", "kind", "reason"
)
INNOVATION = _gauge(
    "hanzo_twin_innovation_rms",
    "Measured minus predicted over the last second, in SI units",
    "twin",
    "channel",
)
FRAME_WAIT = _histogram("hanzo_twin_frame_wait_seconds", _SYNC, "Time a frame waited for its sources", "twin")
SOURCE_CONNECTED = _gauge("hanzo_twin_source_connected", "Whether a source is connected", "twin", "source")
SOURCE_LINK_LOST = _counter(
    "hanzo_twin_source_link_lost_total",
    "Broken links to a source, with what it said until they were back",
    "twin",
    "source",
)
SOURCE_DROPPED = _counter(
    "hanzo_twin_source_dropped_total", "Readings dropped by a full buffer", "twin", "source"
)
SOURCE_REPEATED = _counter(
    "hanzo_twin_source_repeated_total", "Readings that were delivered again", "twin", "source"
)

# Ours: the simulation worker.
FOLD_DURATION = _histogram(
    "hanzo_twin_fold_duration_seconds", _FAST, "Time to fold a journal record", "engine"
)
FOLD_LAG = _gauge("hanzo_twin_fold_lag_seconds", "How far the fold is behind the journal", "twin")
PREDICTIONS = _counter("hanzo_twin_predictions_total", "Predictions emitted", "twin")
REPEATED = _counter("hanzo_twin_repeated_total", "Predictions repeated after a restore", "twin")
HORIZONS = _counter("hanzo_twin_horizons_total", "Forecasts, by outcome", "twin", "outcome")
CHECKPOINTS = _counter("hanzo_twin_checkpoints_total", "Checkpoints written", "twin")
CHECKPOINT_BYTES = _gauge("hanzo_twin_checkpoint_bytes", "Size of the newest checkpoint", "twin")
KEYFRAMES = _counter("hanzo_twin_keyframes_total", "States kept for time travel", "twin")
LOST_TAILS = _counter(
    "hanzo_twin_lost_tails_total", "Times that a journal had lost its newest records", "service"
)
SEALED = _counter(
    "hanzo_twin_journal_sealed_total", "Ranges of a journal written to object storage", "partition"
)
SEALED_BYTES = _counter("hanzo_twin_journal_sealed_bytes_total", "Their bytes, compressed", "partition")
UNSEALED = _gauge(
    "hanzo_twin_journal_unsealed_ratio",
    "Share of the broker's retention that the oldest record used up that isn't in object storage yet",
    "partition",
)
UNKEPT = _counter(
    "hanzo_twin_journal_unkept_total",
    "Journal records that the broker removed before they were sealed",
    "partition",
)
PARKED = _gauge("hanzo_twin_parked", "Parked twins in this worker", "reason")
VOID_RECORDS = _counter("hanzo_twin_void_records_total", "Journal records void by epoch", "twin")
WORKER_EVENTS = _counter("hanzo_twin_worker_events_total", "What befell a fold worker, by kind", "event")
WORKER_LOAD = _gauge("hanzo_twin_worker_load", "Share of a core that running twins use for folding")
PARTITIONS_HELD = _gauge("hanzo_twin_partitions_held", "Journal partitions that a fold worker holds")
PARTITIONS_MOVED = _counter(
    "hanzo_twin_partitions_moved_total", "Partitions that came to a worker or left it"
)
ADMISSION_REFUSED = _counter("hanzo_twin_admission_refused_total", "Starts for which a worker had no room")
RATE_LOWERED = _counter("hanzo_twin_rate_lowered_total", "Lower rates asked for an overloaded twin", "twin")

# Ours: the scene manager.
CONTROL_REFUSED = _counter(
    "hanzo_twin_control_refused_total", "Control commands refused, by reason", "type", "code"
)
OUTBOX_PENDING = _gauge("hanzo_twin_outbox_pending", "Rows not yet published")

# Ours: the gateway.
API_MODEL_LAG = _histogram(
    "hanzo_twin_api_model_lag_seconds", _SLOW, "Time from a record's append to its place in the read model"
)
API_MODEL_SKIPPED = _counter(
    "hanzo_twin_api_model_skipped_total", "Records that the read model can't take", "topic"
)
API_STREAMS = _gauge("hanzo_twin_api_streams_open", "Prediction streams that are open")
API_REQUESTS = _counter("hanzo_twin_api_requests_total", "Requests answered", "endpoint", "method", "status")

TABLE: Final[tuple[Metric, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)
