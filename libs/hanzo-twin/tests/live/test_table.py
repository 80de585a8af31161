from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from hanzo_twin.live import LiveModel
from hanzo_twin.live.table import render
from hanzo_twin.models import Source
from twin_schemas.records import SimPhase

S = 1_000_000_000


def text(model: LiveModel, now_ns: int) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(render("pendulum", model.view(now_ns), ("a note",)))
    return console.export_text()


def test_a_running_twin_shows_rates_latency_and_innovation(said: Any) -> None:
    model = LiveModel()
    model.observe_twin(said.sim(1 * S))
    model.observe_sync(said.sync(1 * S, readings=30))
    model.observe_sync(said.sync(2 * S, readings=60, predictions=31))
    for tick in range(31):
        model.observe_prediction(said.prediction(tick), 1 * S + tick * S // 30)
    shown = text(model, 2 * S)
    for part in (
        "running",
        "w1",
        "60   (30.0/s)",
        "31   (30.0/s)",
        "p50 3.0 ms",
        "0.10000 rad",
        "0.25000 rad",
        "a note",
    ):
        assert part in shown


def test_trouble_is_shown_with_its_reason(said: Any) -> None:
    model = LiveModel()
    model.observe_twin(said.sim(1 * S, phase=SimPhase.PARKED, code="numerical"))
    report = said.sync(1 * S, refused__not_json=2)
    broken = Source(name="sensors", error="connection refused at 127.0.0.1:1")
    model.observe_sync(report.model_copy(update={"sources": (broken,)}))
    shown = text(model, 2 * S)
    for part in (
        "parked",
        "numerical: look here",
        "connection refused",
        "2 not_json: topic a: not JSON",
        "stale",
    ):
        assert part in shown


def test_a_twin_that_has_gone_silent_says_for_how_long(said: Any) -> None:
    model = LiveModel()
    model.observe_prediction(said.prediction(1), 1 * S)
    assert "silent for 4.0 s" in text(model, 5 * S)
