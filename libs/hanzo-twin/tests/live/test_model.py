from __future__ import annotations

from typing import Any

from hanzo_twin.live import LiveModel
from twin_schemas.records import SimPhase

S = 1_000_000_000


def test_before_the_first_report_it_says_what_it_waits_for() -> None:
    view = LiveModel().view(0)
    assert (view.phase, view.tick, view.silent_s) == ("waiting for a worker", -1, None)


def test_an_older_report_does_not_replace_a_newer_one(said: Any) -> None:
    model = LiveModel()
    model.observe_twin(said.sim(2 * S, worker="new"))
    model.observe_twin(said.sim(1 * S, worker="old"))
    assert model.view(3 * S).worker == "new"


def test_a_failure_shows_its_code_and_what_to_do(said: Any) -> None:
    model = LiveModel()
    model.observe_twin(said.sim(1, phase=SimPhase.FAILED, code="scene_invalid"))
    assert model.view(2).failure == "scene_invalid: look here"


def test_the_rate_of_readings_comes_from_the_reports(said: Any) -> None:
    model = LiveModel()
    model.observe_sync(said.sync(1 * S, readings=100))
    model.observe_sync(said.sync(3 * S, readings=160))
    view = model.view(3 * S)
    assert (view.readings, view.readings_per_s) == (160, 30.0)


def test_another_engine_that_counts_from_zero_gives_no_negative_rate(said: Any) -> None:
    model = LiveModel()
    model.observe_sync(said.sync(1 * S, readings=100))
    model.observe_sync(said.sync(3 * S, readings=4, engine="e2"))
    assert model.view(3 * S).readings_per_s is None


def test_refused_payloads_are_shown_by_reason_with_the_last_message(said: Any) -> None:
    model = LiveModel()
    model.observe_sync(said.sync(1 * S, refused__not_json=3, refused__too_large=0, frames=9))
    view = model.view(2 * S)
    assert dict(view.refused) == {"not_json": 3}
    assert view.errors["not_json"] == "topic a: not JSON"


def test_a_repeated_prediction_counts_once(said: Any) -> None:
    model = LiveModel()
    for tick in (1, 2, 2, 1, 3):
        model.observe_prediction(said.prediction(tick), tick * S)
    assert model.view(3 * S).predictions == 3


def test_latency_and_innovation_are_those_of_the_last_ten_seconds(said: Any) -> None:
    model = LiveModel()
    model.observe_prediction(said.prediction(1, innovation=5.0, latency_ms=900), 0)
    for tick in range(2, 32):
        model.observe_prediction(said.prediction(tick, innovation=0.2), 11 * S + tick * S // 30)
    view = model.view(13 * S)
    assert view.latency == {"p50": 3.0, "p99": 3.0, "max": 3.0}
    assert abs(view.innovation_rms[said.PATH] - 0.2) < 1e-12
    assert view.units == {said.PATH: "rad"}
    assert view.predictions == 31


def test_silence_is_measured_from_the_last_prediction(said: Any) -> None:
    model = LiveModel()
    model.observe_prediction(said.prediction(1), 5 * S)
    assert model.view(9 * S).silent_s == 4.0
    assert model.view(60 * S).silent_s == 55.0
