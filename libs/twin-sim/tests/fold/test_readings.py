"""Readings are compared at their own source time, and correct the state (journal rule 11)."""

import pytest
from support import fold_all, positions, predictions

from twin_schemas.records import Assimilation, Quality
from twin_sim.testing.journals import JournalBuilder, S, reading

MS = 1_000_000


def moving(**config: object) -> JournalBuilder:
    """A cart that leaves the origin at tick -1 with 1 m/s."""
    journal = JournalBuilder(**config).begin()
    journal.reset({"/Rail.velocity": [1.0]})
    return journal


def where(journal: JournalBuilder, time_ns: int) -> float:
    return (time_ns - journal.time(-1)) / S


@pytest.mark.parametrize("ahead_ms", [-130, -37, -1, 0, 1, 42, 99])
def test_a_true_reading_has_no_innovation_whatever_its_source_time(ahead_ms: int) -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3) + ahead_ms * MS
    journal.frame(reading(0, at, where(journal, at)))
    _, emitted = fold_all(journal)
    (innovation,) = predictions(emitted)[-1].innovations
    assert innovation.quality == Quality.GOOD
    assert innovation.values == [pytest.approx(0.0, abs=1e-12)]


def test_a_reading_compared_at_the_tick_instead_of_its_own_time_would_show() -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3) - 37 * MS
    journal.frame(reading(0, at, where(journal, journal.time(3))))
    _, emitted = fold_all(journal)
    (innovation,) = predictions(emitted)[-1].innovations
    assert innovation.values == [pytest.approx(0.037, abs=1e-12)]


def test_overwrite_shifts_the_state_by_the_error_at_the_readings_time() -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3) - 20 * MS
    journal.frame(reading(0, at, where(journal, at) + 0.5))
    _, emitted = fold_all(journal)
    assert positions(emitted)[4] == pytest.approx(0.5 + 0.5, abs=1e-12)


def test_nudge_takes_the_gain_of_the_kind() -> None:
    journal = moving(assimilation=Assimilation.NUDGE, gains={"position": 0.25})
    journal.frames(3)
    at = journal.time(3)
    journal.frame(reading(0, at, where(journal, at) + 0.4), reading(1, at, 3.0))
    _, emitted = fold_all(journal)
    assert positions(emitted)[4] == pytest.approx(0.5 + 0.1, abs=1e-12)


def test_none_compares_and_corrects_nothing() -> None:
    journal = moving(assimilation=Assimilation.NONE)
    journal.frames(3)
    journal.frame(reading(0, journal.time(3), 9.0))
    _, emitted = fold_all(journal)
    assert predictions(emitted)[-1].innovations[0].values == [pytest.approx(9.0 - 0.4, abs=1e-12)]
    assert positions(emitted)[4] == pytest.approx(0.5, abs=1e-12)


def test_of_several_readings_of_a_channel_the_newest_counts() -> None:
    journal = moving()
    journal.frames(3)
    old, new = journal.time(3) - 50 * MS, journal.time(3) - 10 * MS
    journal.frame(reading(0, new, where(journal, new) + 1.0), reading(0, old, where(journal, old) + 7.0))
    _, emitted = fold_all(journal)
    assert positions(emitted)[4] == pytest.approx(1.5, abs=1e-12)


def test_a_reading_ahead_of_the_tick_corrects_at_once() -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3) + 30 * MS
    journal.frame(reading(0, at, where(journal, at) + 0.2))
    _, emitted = fold_all(journal)
    assert positions(emitted)[4] == pytest.approx(0.7, abs=1e-12)


def test_a_reading_older_than_the_ring_is_late_and_not_used() -> None:
    journal = moving()
    journal.frames(9)
    journal.frame(reading(0, journal.time(2), 99.0))
    _, emitted = fold_all(journal)
    (innovation,) = predictions(emitted)[-1].innovations
    assert (innovation.quality, innovation.values) == (Quality.LATE, [])
    assert positions(emitted)[10] == pytest.approx(1.1, abs=1e-12)


def test_a_reading_two_ticks_ahead_waits_for_its_tick() -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3) + 150 * MS
    journal.frame(reading(0, at, where(journal, at) + 0.3))
    journal.frame()
    _, emitted = fold_all(journal)
    third, fourth = predictions(emitted)[-2:]
    assert third.innovations == []
    assert fourth.innovations[0].values == [pytest.approx(0.3, abs=1e-12)]


def test_a_reading_far_ahead_is_refused_and_shown() -> None:
    journal = moving()
    journal.frame(reading(0, journal.time(0) + 3600 * S, 1.0))
    _, emitted = fold_all(journal)
    assert predictions(emitted)[-1].innovations[0].quality == Quality.AHEAD


def test_a_reading_of_no_channel_parks_the_twin() -> None:
    journal = moving()
    journal.frame(reading(9, journal.time(0), 1.0))
    fold, emitted = fold_all(journal)
    assert fold.parked is not None
    assert fold.parked.startswith("bad_reading")
    assert predictions(emitted) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_reading_that_is_not_finite_parks_although_it_would_correct_nothing(value: float) -> None:
    journal = moving(assimilation=Assimilation.NONE)
    journal.frame(reading(0, journal.time(0), value))
    fold, emitted = fold_all(journal)
    assert fold.parked is not None
    assert fold.parked.startswith("bad_reading")
    assert predictions(emitted) == []
