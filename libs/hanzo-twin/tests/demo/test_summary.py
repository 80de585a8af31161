from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanzo_twin.audit import Account
from hanzo_twin.audit.recovery import Recovery
from hanzo_twin.demo.summary import shortcomings, shortcomings_of_tour, sparkline, summary, told
from hanzo_twin.models import Command


def account(recovery: Recovery | None) -> Account:
    latency = {"p50": 3.0, "p99": 9.0, "max": 12.0}
    return Account(
        ticks=750,
        predictions=750,
        lost=0,
        unpublished=0,
        repeated=4,
        latency=latency,
        latency_before=latency,
        latency_after={"p50": None, "p99": None, "max": None},
        innovation_rms={"/World/hinge.position": 0.002},
        innovation_over_time=(0.001, 0.002),
        over_budget=70,
        recovery=recovery,
    )


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_a_sparkline_has_a_bar_for_each_value_and_a_full_one_for_the_largest(values: list[float]) -> None:
    line = sparkline(values)
    assert len(line) == len(values)
    if max(values) > 0:
        assert line[values.index(max(values))] == "█"


def test_a_sparkline_of_nothing_is_empty() -> None:
    assert sparkline(()) == ""


def test_the_summary_names_who_died_who_went_on_and_what_it_cost() -> None:
    text = summary(account(Recovery(0, 1, 2.5)), "sim-worker-1", "sim-worker-2")
    for part in ("sim-worker-1 was killed", "sim-worker-2 went on", "2.50 s", "repeated: 4", "p99 9.0 ms"):
        assert part in text
    assert "latency after it:         not measured" in text


@pytest.mark.parametrize(("p99", "said"), [(None, False), (49.9, False), (50.0, True), (120.0, True)])
def test_a_p99_of_50_ms_or_more_is_said_with_its_usual_reason(p99: float | None, said: bool) -> None:
    run = replace(account(Recovery(0, 1, 2.5)), latency={"p50": 3.0, "p99": p99, "max": 130.0})
    assert ("machine is busy" in summary(run, "a", "b")) is said
    assert shortcomings(run) is None


def test_a_recovery_that_was_not_seen_is_said() -> None:
    assert "public stream: not seen" in summary(account(None), "a", "b")


def test_the_json_has_the_longest_gap_as_the_recovery() -> None:
    told = account(Recovery(0, 1, 2.5)).to_json()
    assert told["recovery_s"] == 2.5
    assert told["latency_ms"] == {"p50": 3.0, "p99": 9.0, "max": 12.0}


def test_a_run_in_which_all_went_well_has_no_shortcomings() -> None:
    assert shortcomings(account(Recovery(0, 1, 2.5))) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lost": 3}, "3 journal frames have no prediction"),
        ({"unpublished": 2}, "2 predictions never reached the public stream"),
        ({"recovery": None}, "had not caught up"),
        ({"ticks": 0}, "no frame reached the journal"),
    ],
)
def test_each_shortcoming_is_said(change: dict[str, Any], said: str) -> None:
    assert said in (shortcomings(replace(account(Recovery(0, 1, 2.5)), **change)) or "")


def test_what_came_of_the_command_is_said() -> None:
    applied = Command(id="c", status="applied", tick=7, late_ns=800_000)
    assert "applied at tick 7, 0.8 ms after its time" in told(applied, 9, 0)
    assert "received 9 predictions over REST; missed: 0" in told(applied, 9, 0)
    assert shortcomings_of_tour(applied, 0) is None


def test_a_command_that_had_no_effect_and_predictions_that_were_missed_are_said() -> None:
    said = shortcomings_of_tour(Command(id="c", status="refused", code="unknown_joint"), 3)
    assert (
        said == "the joint command was refused, unknown_joint; 3 public predictions never reached the client"
    )
