"""Measured inputs act at their own times (journal rule 15); truth is the cart's closed form."""

from dataclasses import replace

import pytest
from support import fold_all, positions, predictions

from twin_schemas.records import Channel, Quality
from twin_sim.fold.inputs import slide_window
from twin_sim.fold.layout import ChannelLayout
from twin_sim.testing.journals import CART_CHANNELS, JournalBuilder, reading

MS = 1_000_000
MASS = 2.0


def travelled(force: float, seconds: float) -> float:
    return 0.5 * force / MASS * max(0.0, seconds) ** 2


def test_an_input_acts_from_its_source_time_and_is_held() -> None:
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.frame(reading(2, journal.time(1) + 30 * MS, 4.0))
    journal.frames(3)
    _, emitted = fold_all(journal)
    for tick in (3, 4, 5, 6):
        assert positions(emitted)[tick] == pytest.approx(travelled(4.0, 0.1 * (tick - 1) - 0.03), abs=1e-12)


def test_an_input_taken_one_tick_late_would_show() -> None:
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.frame(reading(2, journal.time(1) + 30 * MS, 4.0))
    _, emitted = fold_all(journal)
    assert abs(positions(emitted)[3] - travelled(4.0, 0.1)) > 0.01


def test_an_input_whose_time_has_passed_acts_at_the_first_step_not_yet_folded() -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    journal.frame(reading(2, journal.time(1), 4.0))
    _, emitted = fold_all(journal)
    assert positions(emitted)[4] == pytest.approx(travelled(4.0, 0.2), abs=1e-12)


def test_an_older_input_does_not_replace_a_newer_one() -> None:
    journal = JournalBuilder().begin()
    journal.frame(reading(2, journal.time(-1) + 50 * MS, 4.0))
    journal.frame(reading(2, journal.time(-1) + 20 * MS, -9.0))
    _, emitted = fold_all(journal)
    assert positions(emitted)[2] == pytest.approx(travelled(4.0, 0.25), abs=1e-12)
    assert predictions(emitted)[-1].innovations[0].quality == Quality.LATE


def test_an_input_ahead_of_the_tick_acts_in_its_own_tick() -> None:
    journal = JournalBuilder().begin()
    journal.frame(reading(2, journal.time(0) + 60 * MS, 4.0))
    journal.frame()
    _, emitted = fold_all(journal)
    assert positions(emitted)[1] == pytest.approx(travelled(4.0, 0.04), abs=1e-12)
    assert positions(emitted)[2] == pytest.approx(travelled(4.0, 0.14), abs=1e-12)


def test_a_windowed_input_is_held_at_its_mean() -> None:
    channels = [*CART_CHANNELS[:2], replace(CART_CHANNELS[2], window_ns=50 * MS)]
    journal = JournalBuilder(channels=channels).begin()
    at = journal.time(0)
    journal.frame(
        reading(2, at - 90 * MS, 100.0), reading(2, at - 40 * MS, 2.0), reading(2, at - 20 * MS, 6.0)
    )
    _, emitted = fold_all(journal)
    # 50 m/s^2 for 50 ms, 1 for 20 ms, 3 for 20 ms; then the mean of the last two, 2 m/s^2, for the next tick
    v, x = 0.0, 0.0
    for a, t in ((50.0, 0.05), (1.0, 0.02), (3.0, 0.02), (2.0, 0.1)):
        x, v = x + v * t + 0.5 * a * t * t, v + a * t
    assert positions(emitted)[1] == pytest.approx(x, abs=1e-12)


def test_inputs_still_act_after_a_reset() -> None:
    journal = JournalBuilder().begin()
    journal.frame(reading(2, journal.time(-1), 4.0))
    journal.reset({}, to_initial=True)
    journal.frames(1)
    _, emitted = fold_all(journal)
    assert positions(emitted)[2] == pytest.approx(travelled(4.0, 0.2), abs=1e-12)


def windowed(*windows_ms: int) -> list[Channel]:
    """The cart's channels with as many inputs as windows; the cart itself listens to the first only."""
    return [*CART_CHANNELS[:2], *(replace(CART_CHANNELS[2], window_ns=ms * MS) for ms in windows_ms)]


def test_a_reading_that_has_left_its_window_no_longer_counts() -> None:
    journal = JournalBuilder(channels=windowed(150)).begin()
    journal.frame(reading(2, journal.time(0) - 20 * MS, 8.0))
    journal.frame(reading(2, journal.time(1) - 60 * MS, 2.0))
    journal.frame(reading(2, journal.time(2) - 30 * MS, 4.0))
    fold, _ = fold_all(journal)
    assert fold.state is not None
    assert fold.state.held_inputs == {2: [4.0]}
    assert [kept.values for kept in fold.state.input_window] == [[4.0]]


def test_the_mean_of_a_window_still_acts_after_a_reset() -> None:
    journal = JournalBuilder(channels=windowed(150)).begin()
    journal.frame(reading(2, journal.time(0) - 60 * MS, 2.0), reading(2, journal.time(0) - 20 * MS, 6.0))
    journal.reset({}, to_initial=True)
    journal.frame()
    fold, _ = fold_all(journal)
    assert fold.state is not None
    assert fold.state.ring.last == pytest.approx([travelled(4.0, 0.1), 0.2], abs=1e-12)


def test_each_input_has_its_own_window() -> None:
    layout = ChannelLayout.of([replace(c, index=i) for i, c in enumerate(windowed(50, 0, 20))])
    assert layout.windows == (0, 0, 50 * MS, 0, 20 * MS)
    arrived = [reading(channel, 70 * MS, 1.0) for channel in (2, 3, 4)]
    assert slide_window([], arrived, layout, 100 * MS) == arrived[:1]
