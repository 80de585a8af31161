"""The four dashboards. Write the files anew after a change: python deploy/grafana/dashboards.py

Queries that count what seldom happens say `or vector(0)`: nothing dropped is a line at zero, not an empty panel.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from panels import Dashboard, Panel, Query, written

FOLDER = Path(__file__).parent / "dashboards"


def rate(metric: str, by: str, where: str = "", unit: str = "") -> Query:
    """Events a second, one line for each value of the labels."""
    legend = unit or " ".join("{{" + label.strip() + "}}" for label in by.split(","))
    return Query(f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", legend)


def seldom(metric: str, by: str, where: str = "") -> tuple[Query, ...]:
    """The same for what may never have happened; the line without a name is at zero and always there."""
    usual = rate(metric, by, where)
    return (Query(f"{usual.expr} or vector(0)", usual.legend),)


def quantiles(metric: str, by: str, where: str = "") -> tuple[Query, ...]:
    """Median and 99th percentile of a histogram by a label; no line while nothing happens, rather than NaN."""
    legend = "{{" + by + "}}"
    return tuple(
        Query(
            f"histogram_quantile({q}, sum by (le, {by}) (rate({metric}_bucket{where}[$__rate_interval]))) >= 0",
            f"p{q * 100:g} {legend}",
        )
        for q in (0.5, 0.99)
    )


def gauge(metric: str, by: str, where: str = "", how: str = "max") -> Query:
    """A value, one line for each value of the labels."""
    legend = " ".join("{{" + label.strip() + "}}" for label in by.split(","))
    return Query(f"{how} by ({by}) ({metric}{where})", legend)


DOOR = '{service="api-gateway"}'
TWIN = '{twin=~"$twin"}'

API = Dashboard(
    "hanzo-twin-api",
    "Hanzo Twin: API",
    None,
    (
        Panel("Requests", "reqps", (rate("hanzo_twin_api_requests_total", "endpoint, method"),)),
        Panel("Answers by status", "reqps", (rate("hanzo_twin_api_requests_total", "status"),)),
        Panel(
            "Share of server errors",
            "percentunit",
            (
                Query(
                    '(sum(rate(hanzo_twin_api_requests_total{status=~"5.."}[$__rate_interval])) or vector(0))'
                    " / sum(rate(hanzo_twin_api_requests_total[$__rate_interval]))",
                    "5xx",
                ),
            ),
        ),
        Panel("Latency", "s", quantiles("hanzo_twin_api_request_duration_seconds", "endpoint")),
        Panel(
            "Age of what the API knows",
            "s",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le) "
                    "(rate(hanzo_twin_api_model_lag_seconds_bucket[$__rate_interval]))) >= 0",
                    "p99",
                ),
            ),
            "From the append of a spec, status or scene to its place in the read model.",
        ),
        Panel("Open streams", "none", (gauge("hanzo_twin_api_streams_open", "instance"),)),
        Panel(
            "Commands refused",
            "reqps",
            seldom("hanzo_twin_control_refused_total", "type, code"),
            "By the control plane, whichever way they came.",
        ),
        Panel(
            "Records that the API can't take",
            "cps",
            seldom("hanzo_twin_api_model_skipped_total", "topic"),
            "It goes on showing what it knew before.",
        ),
        Panel(
            "Decisions that aren't in the audit log",
            "cps",
            seldom("hanzo_twin_audit_lost_total", "service, reason"),
            "Of the API and of the sync engine; those that could be are in their logs.",
        ),
        Panel(
            "Memory of the gateway",
            "bytes",
            (gauge("process_resident_memory_bytes", "instance", DOOR),),
        ),
        Panel(
            "Processor time of the gateway",
            "percentunit",
            (rate("process_cpu_seconds_total", "instance", DOOR),),
        ),
        Panel("Open files of the gateway", "none", (gauge("process_open_fds", "instance", DOOR),)),
    ),
)

SYNC = Dashboard(
    "hanzo-twin-sync",
    "Hanzo Twin: synchronisation",
    ("twin", "hanzo_twin_sync_frames_total"),
    (
        Panel(
            "Latency",
            "s",
            quantiles("hanzo_twin_sync_latency_seconds", "twin", TWIN),
            "From the later of tick and receipt of the newest reading to the prediction's publication.",
        ),
        Panel("Over the latency budget", "cps", seldom("hanzo_twin_sync_over_budget_total", "twin", TWIN)),
        Panel(
            "A frame's wait for its sources", "s", quantiles("hanzo_twin_frame_wait_seconds", "twin", TWIN)
        ),
        Panel(
            "Innovation",
            "none",
            (gauge("hanzo_twin_innovation_rms", "twin, channel", TWIN),),
            "Measured minus predicted, RMS of the last second, in the channel's SI unit.",
        ),
        Panel("Frames", "cps", (rate("hanzo_twin_sync_frames_total", "twin, kind", TWIN),)),
        Panel(
            "Gaps",
            "cps",
            seldom("hanzo_twin_sync_frames_total", "twin", '{twin=~"$twin", kind="gap"}'),
            "Frames that stand for an outage.",
        ),
        Panel("Messages", "cps", (rate("hanzo_twin_sync_messages_total", "twin, direction", TWIN),)),
        Panel(
            "Sources connected", "none", (gauge("hanzo_twin_source_connected", "twin, source", TWIN, "min"),)
        ),
        Panel("Readings not used", "cps", seldom("hanzo_twin_sync_refused_total", "twin, reason", TWIN)),
        Panel("Readings dropped", "cps", seldom("hanzo_twin_source_dropped_total", "twin, source", TWIN)),
        Panel(
            "Readings repeated",
            "cps",
            seldom("hanzo_twin_source_repeated_total", "twin, source", TWIN),
            "Delivered again, as MQTT may: known among the source's newest, and not used twice.",
        ),
        Panel(
            "Links lost",
            "cps",
            seldom("hanzo_twin_source_link_lost_total", "twin, source", TWIN),
            "What a source says until its link is back is lost: sessions at MQTT brokers are clean.",
        ),
        Panel(
            "Predictions and statuses not written",
            "cps",
            seldom("hanzo_twin_public_lost_total", "kind, reason"),
            "On the bus; by MQTT, they are among what isn't used, as `publish_`.",
        ),
    ),
)

SIMULATION = Dashboard(
    "hanzo-twin-simulation",
    "Hanzo Twin: simulation",
    ("twin", "hanzo_twin_steps_total"),
    (
        Panel("Steps", "cps", (rate("hanzo_twin_steps_total", "twin, engine", TWIN),)),
        Panel("Time of a step", "s", quantiles("hanzo_twin_step_duration_seconds", "engine")),
        Panel("Time to fold a record", "s", quantiles("hanzo_twin_fold_duration_seconds", "engine")),
        Panel("Behind the journal", "s", (gauge("hanzo_twin_fold_lag_seconds", "twin", TWIN),)),
        Panel("Predictions", "cps", (rate("hanzo_twin_predictions_total", "twin", TWIN),)),
        Panel(
            "Predictions repeated",
            "cps",
            seldom("hanzo_twin_repeated_total", "twin", TWIN),
            "After a worker took over.",
        ),
        Panel("Checkpoints", "cps", (rate("hanzo_twin_checkpoints_total", "twin", TWIN),)),
        Panel("Size of a checkpoint", "bytes", (gauge("hanzo_twin_checkpoint_bytes", "twin", TWIN),)),
        Panel("Keyframes", "cps", seldom("hanzo_twin_keyframes_total", "twin", TWIN)),
        Panel(
            "Journals that lost their tail",
            "cps",
            seldom("hanzo_twin_lost_tails_total", "service"),
            "Their twins went on in a new incarnation.",
        ),
        Panel("Forecasts", "cps", (rate("hanzo_twin_horizons_total", "twin, outcome", TWIN),)),
        Panel("Simulations", "none", (gauge("hanzo_twin_active_simulations", "instance, engine"),)),
        Panel("Simulations started", "cps", (rate("hanzo_twin_simulations_total", "engine"),)),
        Panel(
            "Parked twins",
            "none",
            (Query("sum by (reason) (hanzo_twin_parked) or vector(0)", "{{reason}}"),),
        ),
        Panel("Journal records void by epoch", "cps", seldom("hanzo_twin_void_records_total", "twin", TWIN)),
        Panel("What befell workers", "cps", seldom("hanzo_twin_worker_events_total", "event")),
        Panel(
            "Memory of the workers",
            "bytes",
            (gauge("process_resident_memory_bytes", "instance", '{service="sim-worker"}'),),
        ),
        Panel(
            "Load of the workers",
            "percentunit",
            (gauge("hanzo_twin_worker_load", "instance"),),
            "Share of a core used for folding; no twin is admitted beyond sim_worker.max_load.",
        ),
        Panel("Partitions held", "none", (gauge("hanzo_twin_partitions_held", "instance"),)),
        Panel("Partitions moved", "cps", seldom("hanzo_twin_partitions_moved_total", "instance")),
        Panel(
            "Starts refused for want of room", "cps", seldom("hanzo_twin_admission_refused_total", "instance")
        ),
        Panel("Lower rates asked for", "cps", seldom("hanzo_twin_rate_lowered_total", "twin", TWIN)),
    ),
)

BUS = Dashboard(
    "hanzo-twin-bus",
    "Hanzo Twin: bus and dead letters",
    None,
    (
        Panel(
            "Retention used up by what isn't sealed",
            "percentunit",
            (gauge("hanzo_twin_journal_unsealed_ratio", "partition"),),
            "At 100 % the broker removes journal records that are kept nowhere else.",
        ),
        Panel("Journal bytes sealed", "Bps", seldom("hanzo_twin_journal_sealed_bytes_total", "partition")),
        Panel("Ranges sealed", "cps", seldom("hanzo_twin_journal_sealed_total", "partition")),
        Panel(
            "Journal records removed unsealed", "cps", seldom("hanzo_twin_journal_unkept_total", "partition")
        ),
        Panel(
            "Services that answer", "none", (gauge("up", "service, instance", '{job="hanzo-twin"}', "min"),)
        ),
        Panel("Records handled", "cps", (rate("hanzo_twin_handled_total", "type, outcome"),)),
        Panel("Time to handle a record", "s", quantiles("hanzo_twin_handle_duration_seconds", "type")),
        Panel(
            "Read and not yet handled",
            "none",
            (gauge("hanzo_twin_backlog_records", "topic", how="sum"),),
        ),
        Panel(
            "Not yet published",
            "none",
            (gauge("hanzo_twin_outbox_pending", "instance"),),
            "Rows of the outbox: facts that are in the database and not yet on the bus.",
        ),
        Panel("Dead letters", "cps", seldom("hanzo_twin_dead_letters_total", "topic, code")),
        Panel(
            "Dead letters in all", "none", (Query("sum(hanzo_twin_dead_letters_total) or vector(0)", "all"),)
        ),
        Panel(
            "Processor time",
            "percentunit",
            (rate("process_cpu_seconds_total", "instance, service", '{job="hanzo-twin"}'),),
        ),
        Panel(
            "Memory",
            "bytes",
            (gauge("process_resident_memory_bytes", "instance, service", '{job="hanzo-twin"}'),),
        ),
    ),
)

DASHBOARDS = (API, SYNC, SIMULATION, BUS)


def text(dashboard: Dashboard) -> str:
    """The file of a dashboard."""
    return json.dumps(written(dashboard), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file; one that nobody describes any more goes."""
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(text(dashboard), encoding="utf-8")
    sys.stdout.write(f"{len(DASHBOARDS)} dashboards are in {FOLDER}\n")


if __name__ == "__main__":
    main()
