"""What the loop's bench claims of its rows, and how it counts a twin's memory."""

from __future__ import annotations

import pytest
from loop import FEW, Result, Row, claims_of, per_twin


def result(row: str, **figures) -> Result:
    """A row that misses nothing, but for what is said."""
    good = {
        "p50_ms": 5.0,
        "p95_ms": 10.0,
        "p99_ms": 20.0,
        "max_ms": 30.0,
        "echo_p50_ms": 2.0,
        "readings": 900,
    }
    more = {
        "unanswered": 0,
        "created_s": 1.0,
        "twin_mb": 0.5,
        "cpu_us": {},
        "echo_cpu_us": {},
        "stages_ms": {},
    }
    return Result(row, **{**good, **more, **figures})


def missed(*results: Result) -> list[str]:
    return [claim.name for claim in claims_of(list(results)) if not claim.ok]


def test_rows_that_reach_their_goals_miss_nothing():
    assert missed(result("50-pendulum-32"), result("100-pendulum-8", p99_ms=50.0), result("20-arm-32")) == []


@pytest.mark.parametrize(
    ("row", "figures", "claim"),
    [
        ("50-pendulum-32", {"p99_ms": 25.1}, "50-pendulum-32: p99 ms"),
        ("100-pendulum-8", {"p99_ms": 50.1}, "100-pendulum-8: p99 ms"),
        ("20-arm-32", {"p99_ms": 30.1}, "20-arm-32: p99 ms"),
        ("10-arm-8", {"p50_ms": 6.1}, "10-arm-8: p50 beside the echo's"),
        ("50-pendulum-32", {"twin_mb": 1.0}, "memory of a running pendulum, MB"),
        ("20-arm-32", {"twin_mb": 1.0}, "memory of a running arm, MB"),
        ("20-arm-32", {"unanswered": 1}, "readings without an answer"),
    ],
)
def test_each_goal_can_be_missed(row, figures, claim):
    assert missed(result(row, **figures)) == [claim]


def test_the_heaviest_row_of_a_kind_is_the_one_whose_memory_counts():
    rows = [result("50-pendulum-8"), result("100-pendulum-8", twin_mb=1.5), result("50-pendulum-32")]
    assert missed(*rows) == ["memory of a running pendulum, MB"]


def test_no_memory_is_claimed_of_rows_with_too_few_twins():
    names = [
        claim.name for claim in claims_of([result("10-arm-8", twin_mb=9.0), result("1-arm-8", twin_mb=None)])
    ]
    assert not any("memory" in name for name in names)


def test_rows_without_a_goal_may_leave_readings_unanswered_beside_those_with_one():
    assert missed(result("50-pendulum-32"), result("100-arm-32", unanswered=7)) == []
    assert missed(result("100-arm-32", unanswered=7)) == ["readings without an answer"]


def test_a_twins_memory_is_what_each_takes_beyond_the_first_few():
    assert per_twin(300.0, 346.0, FEW + 46) == 1.0
    assert per_twin(300.0, 300.0, FEW) is None


def test_rows_have_names_of_which_they_can_be_made_again():
    assert [Row.of(name).name for name in ("50-pendulum-32", "20-arm-8-alone")] == [
        "50-pendulum-32",
        "20-arm-8-alone",
    ]
    with pytest.raises(SystemExit, match="no row '5-cart-8'"):
        Row.of("5-cart-8")
