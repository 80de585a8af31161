"""What acts after a restart only does act after one: stop, start, and the twin runs as its definition says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from platform_support.running import Platform

from twin_common.definition import TwinDefinition
from twin_schemas.records import GridSegment, ObservationFrame, Resumed, TwinGenesis

TICKS = 8


@pytest.fixture
def runner(platform: Platform, request: pytest.FixtureRequest) -> Iterator[str]:
    """A twin that runs at 30 Hz; deleted in the end."""
    name = "again-" + "".join(c for c in request.node.name if c.isalnum())[-24:].lower()
    with platform.running(name, rate_hz=30):
        yield name


@pytest.mark.parametrize(
    ("change", "incarnation"),
    [
        ({"sync": {"rate_hz": 20}}, 1),
        ({"sync": {"rate_hz": 28}}, 1),
        ({"sync": {"frame_wait_ms": 5}}, 1),
        ({"sync": {"ring_ticks": 5}}, 2),
        ({"engine": {"config": {"step_hz": 240}}}, 2),
        ({"sync": {"rate_hz": 20}, "engine": {"config": {"substeps": 2}}}, 2),
    ],
    ids=lambda value: (
        "-".join(f"{key}" for part in value.values() for key in part)
        if isinstance(value, dict)
        else str(value)
    ),
)
def test_a_restarted_twin_runs_as_its_definition_says(
    platform: Platform, runner: str, change: dict[str, Any], incarnation: int
) -> None:
    answer = platform.call("PATCH", f"/v1/twins/{runner}", json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json()["restart_needed"]
    assert platform.call("POST", f"/v1/twins/{runner}/stop").status_code == 200
    platform.until(lambda: platform.twin(runner), lambda twin: twin["phase"] == "stopped")
    started = platform.call("POST", f"/v1/twins/{runner}/start")
    assert started.status_code == 200
    revision = started.json()["revision"]
    twin = platform.until(
        lambda: platform.twin(runner),
        lambda twin: twin["phase"] == "running" and twin["sim"]["revision"] == revision,
        seconds=20,
    )
    assert (twin["restart_needed"], twin["sim"]["incarnation"]) == ([], incarnation)
    wanted = TwinDefinition.model_validate(twin["definition"])
    since = twin["sim"]["tick"]
    platform.until(lambda: platform.twin(runner)["sim"]["tick"], lambda tick: tick > since + TICKS)

    records = [
        record for message, record in platform.records("sim.journal") if message.key() == twin["id"].encode()
    ]
    genesis = [record for record in records if isinstance(record, TwinGenesis)][-1]
    assert genesis.incarnation == incarnation
    assert (genesis.fold.step_hz, genesis.fold.substeps, genesis.fold.ring_ticks) == (
        wanted.engine.config.step_hz,
        wanted.engine.config.substeps,
        wanted.sync.ring_ticks,
    )
    grid = [record for record in records if isinstance(record, TwinGenesis | Resumed | GridSegment)][-1].grid
    assert grid.rate_num == wanted.sync.rate_hz * grid.rate_den
    assert [record for record in records if isinstance(record, ObservationFrame)][-1].tick >= since + TICKS
    _measured(platform, runner, 1 / float(wanted.sync.rate_hz))


def _measured(platform: Platform, name: str, tick_s: float) -> None:
    """Ticks are as far apart in what is predicted as they should be."""
    state = platform.call("GET", f"/v1/twins/{name}/state").json()
    later = platform.until(
        lambda: platform.call("GET", f"/v1/twins/{name}/state").json(),
        lambda found: found["tick"] >= state["tick"] + TICKS,
    )
    took = _seconds(later["time"]) - _seconds(state["time"])
    assert took / (later["tick"] - state["tick"]) == pytest.approx(tick_s, rel=1e-3)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
