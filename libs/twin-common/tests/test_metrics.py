"""The closed set of metrics."""

import os
import subprocess
import sys

import pytest

from twin_common import metrics_table as m
from twin_common.metrics import Metrics

STANDARD = {
    "hanzo_twin_simulations_total": ("engine", "org"),
    "hanzo_twin_steps_total": ("engine", "twin"),
    "hanzo_twin_synthdata_frames_total": ("twin",),
    "hanzo_twin_sync_messages_total": ("twin", "direction"),
    "hanzo_twin_chaos_injections_total": ("scenario",),
    "hanzo_twin_step_duration_seconds": ("engine",),
    "hanzo_twin_sync_latency_seconds": ("twin",),
    "hanzo_twin_render_duration_seconds": ("engine",),
    "hanzo_twin_api_request_duration_seconds": ("endpoint",),
    "hanzo_twin_active_simulations": ("engine",),
    "hanzo_twin_gpus_allocated": ("gpu_type",),
    "hanzo_twin_sync_drift": ("twin", "dimension"),
    "hanzo_twin_parallel_envs": ("twin",),
}


@pytest.fixture
def metrics():
    return Metrics(process=False)


def test_the_standards_metrics_are_there_with_exactly_their_labels():
    table = {metric.name: metric.labels for metric in m.TABLE}
    assert {name: table[name] for name in STANDARD} == STANDARD


def test_names_are_unique_and_begin_alike():
    names = [metric.name for metric in m.TABLE]
    assert len(set(names)) == len(names)
    assert all(name.startswith("hanzo_twin_") for name in names)
    assert all((metric.kind is m.Kind.COUNTER) == metric.name.endswith("_total") for metric in m.TABLE)


def test_what_is_counted_is_exported(metrics):
    metrics.count(m.SYNC_MESSAGES, twin="p", direction="in")
    metrics.count(m.SYNC_MESSAGES, 2, twin="p", direction="in")
    metrics.observe(m.SYNC_LATENCY, 0.012, twin="p")
    metrics.set(m.SYNC_DRIFT, 0.5, twin="p", dimension="position")
    text = metrics.text().decode()
    assert 'hanzo_twin_sync_messages_total{direction="in",twin="p"} 3.0' in text
    assert 'hanzo_twin_sync_latency_seconds_bucket{le="0.015",twin="p"} 1.0' in text
    assert metrics.value(m.SYNC_DRIFT, twin="p", dimension="position") == 0.5


def test_an_undeclared_metric_is_impossible(metrics):
    with pytest.raises(KeyError, match="metrics_table"):
        metrics.count(m.Metric("hanzo_twin_other_total", m.Kind.COUNTER, (), "?"))


@pytest.mark.parametrize(
    "labels", [{}, {"twin": "p"}, {"twin": "p", "direction": "in", "org": "x"}, {"twin": "p", "way": "in"}]
)
def test_labels_must_be_exactly_those_declared(metrics, labels):
    with pytest.raises(ValueError, match="labels"):
        metrics.count(m.SYNC_MESSAGES, **labels)


def test_a_counter_is_not_set(metrics):
    with pytest.raises(ValueError, match="is a counter"):
        metrics.set(m.SYNC_MESSAGES, 1, twin="p", direction="in")


def test_a_twin_that_has_gone_leaves_no_series(metrics):
    for twin in ("p", "q"):
        metrics.count(m.SYNC_MESSAGES, twin=twin, direction="in")
        metrics.observe(m.SYNC_LATENCY, 0.01, twin=twin)
    metrics.forget(twin="p")
    assert 'twin="p"' not in metrics.text().decode()
    assert metrics.value(m.SYNC_MESSAGES, twin="q", direction="in") == 1
    metrics.count(m.SYNC_MESSAGES, twin="p", direction="in")
    assert metrics.value(m.SYNC_MESSAGES, twin="p", direction="in") == 1


def test_two_processes_worth_of_metrics_do_not_mix(metrics):
    other = Metrics(process=False)
    other.set(m.OUTBOX_PENDING, 3)
    assert metrics.value(m.OUTBOX_PENDING) == 0


def test_the_counts_of_several_processes_are_summed_up(tmp_path):
    program = (
        "from twin_common.metrics import Metrics; from twin_common import metrics_table as m\n"
        "metrics = Metrics(process=False)\n"
        "metrics.count(m.API_REQUESTS, endpoint='/e', method='GET', status='200')\n"
        "metrics.observe(m.API_DURATION, 0.2, endpoint='/e')\n"
    )
    for _ in range(3):
        environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", program], env=environ, check=True)
    text = Metrics(shared=str(tmp_path)).text().decode()
    assert 'hanzo_twin_api_requests_total{endpoint="/e",method="GET",status="200"} 3.0' in text
    assert 'hanzo_twin_api_request_duration_seconds_count{endpoint="/e"} 3.0' in text
