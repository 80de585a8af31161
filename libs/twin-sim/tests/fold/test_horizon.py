"""Forecasts and their residuals; truth is the cart's closed form."""

import pytest
from support import fold_all

from twin_schemas.records import Epoch, ObservationFrame
from twin_sim.fold import Fold, HorizonWindow, forecast, open_window, wants_forecast
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import JournalBuilder, reading

MS = 1_000_000


def windowed(journal: JournalBuilder, open_at: int) -> tuple[Fold, HorizonWindow]:
    """Fold a journal with a window that opens at a tick."""
    fold, window = Fold(open_cart), None
    for offset, record in journal:
        fold.take(offset, record)
        if isinstance(record, ObservationFrame) and fold.last is not None:
            if window is not None:
                window.observe(fold.last, record)
            elif record.tick == open_at:
                window = open_window(fold)
    assert window is not None
    return fold, window


def test_a_forecast_holds_the_inputs() -> None:
    journal = JournalBuilder(horizon_every=1, horizon_ns=500 * MS, horizon_samples=5).begin()
    journal.frame(reading(2, journal.time(-1), 4.0))
    fold, _ = fold_all(journal)
    frame = forecast(*fold.fork_at_tick())
    assert (frame.start_ns, frame.step_ns, frame.width) == (journal.time(0), 100 * MS, 2)
    for sample in range(5):
        assert frame.values[2 * sample] == pytest.approx((0.1 * (sample + 2)) ** 2, abs=1e-12)


def test_a_forecast_changes_nothing_in_the_fold() -> None:
    journal = JournalBuilder(horizon_every=1).begin()
    journal.frames(3)
    fold, _ = fold_all(journal)
    before = fold.digest()
    forecast(*fold.fork_at_tick())
    assert fold.digest() == before


def test_forecasts_begin_at_ticks_chosen_by_number() -> None:
    journal = JournalBuilder(horizon_every=3).begin()
    chosen = []
    fold = Fold(open_cart)
    journal.frames(7)
    for offset, record in journal:
        if fold.take(offset, record) and fold.state is not None and wants_forecast(fold.state):
            chosen.append(fold.state.tick)
    assert chosen == [0, 3, 6]


def test_a_residual_uses_the_recorded_inputs_not_the_held_ones() -> None:
    journal = JournalBuilder(horizon_ns=300 * MS).begin()
    journal.frames(2)
    journal.frame(reading(2, journal.time(1) + 50 * MS, 4.0))
    truth = 0.15**2
    journal.frame(reading(0, journal.time(3), truth + 0.01))
    journal.frames(3)
    _, window = windowed(journal, open_at=1)
    assert window.closed_offset == journal.records.index(journal.records[-2])
    (residual,) = window.residual().residuals
    assert residual.values == [pytest.approx(0.01, abs=1e-12)]


@pytest.mark.parametrize("breaking", ["mass", "reset", "epoch"])
def test_a_window_with_a_parameter_reset_or_epoch_record_inside_is_void(breaking: str) -> None:
    journal = JournalBuilder(horizon_ns=300 * MS).begin()
    journal.frames(3)
    match breaking:
        case "mass":
            journal.mass(9.0)
        case "reset":
            journal.reset({"/Rail.position": [1.0]})
        case "epoch":
            journal.acquire(Epoch(2, "writer-b"))
    journal.frames(5)
    _, window = windowed(journal, open_at=1)
    assert window.void
    assert window.closed_offset == -1


def test_a_forecast_names_the_offset_and_the_parameter_version_it_comes_from() -> None:
    journal = JournalBuilder(horizon_every=1).begin()
    journal.mass(4.0)
    journal.frames(2)
    fold, _ = fold_all(journal)
    frame = forecast(*fold.fork_at_tick())
    assert (frame.offset, frame.tick, frame.parameter_version) == (len(journal.records) - 1, 1, 1)


def test_a_window_with_a_gap_inside_is_void() -> None:
    journal = JournalBuilder(horizon_ns=300 * MS).begin()
    journal.frames(3)
    journal.skip(4)
    journal.frames(5)
    _, window = windowed(journal, open_at=1)
    assert window.void


def test_a_residual_takes_the_readings_of_its_window_only() -> None:
    journal = JournalBuilder(horizon_ns=300 * MS).begin()
    journal.frames(2)
    start, end = journal.time(1), journal.time(4)
    journal.frame(reading(0, start, 7.0), reading(0, start + 1, 0.1))
    journal.frames(1)
    journal.frame(reading(0, end, 0.2), reading(0, end + 1, 7.0))
    journal.frames(2)
    _, window = windowed(journal, open_at=1)
    assert [residual.time_ns for residual in window.residual().residuals] == [start + 1, end]


def test_a_forecast_whose_samples_are_no_whole_engine_steps_apart_keeps_its_length() -> None:
    journal = JournalBuilder(horizon_every=1, horizon_ns=45 * MS, horizon_samples=3).begin()
    journal.reset({"/Rail.velocity": [1.0]})
    journal.frame()
    fold, _ = fold_all(journal)
    frame = forecast(*fold.fork_at_tick())
    assert frame.step_ns == 15 * MS
    assert frame.values[::2] == [pytest.approx(0.1 + 0.015 * sample, abs=1e-12) for sample in (1, 2, 3)]
