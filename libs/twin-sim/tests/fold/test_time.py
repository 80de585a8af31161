"""The grid, its changes and its gaps (journal rules 8, 10, 13)."""

from dataclasses import replace

import pytest
from support import fold_all, positions, predictions

from twin_schemas.records import Grid
from twin_sim.testing.journals import START, JournalBuilder, S


def moving(journal: JournalBuilder, speed: float = 1.0) -> JournalBuilder:
    """The cart leaves the origin at the tick before the first with this speed."""
    journal.reset({"/Rail.velocity": [speed]})
    return journal


def test_every_frame_gets_one_prediction_for_the_next_tick() -> None:
    journal = JournalBuilder().begin()
    journal.frames(7)
    _, emitted = fold_all(journal)
    assert [(p.tick, p.time_ns) for p in predictions(emitted)] == [
        (k, START + (k + 1) * S // 10) for k in range(7)
    ]


def test_a_relock_advances_exactly_the_time_that_is_left() -> None:
    journal = moving(JournalBuilder().begin())
    journal.frames(3)
    journal.segment(Grid(3, journal.time(3) - 27_000_000, 10, 1))
    journal.frames(3)
    _, emitted = fold_all(journal)
    # tick k is 0.1 s after the last; the cart left at tick -1; from tick 3 on everything is 27 ms earlier
    assert positions(emitted)[5] == pytest.approx(0.6 - 0.027, abs=1e-12)


def test_a_rate_change_advances_by_the_new_interval() -> None:
    journal = moving(JournalBuilder().begin())
    journal.frames(3)
    journal.segment(Grid(3, journal.time(2) + S // 5, 5, 1), "rate")
    journal.frames(2)
    _, emitted = fold_all(journal)
    assert positions(emitted)[5] == pytest.approx(0.3 + 3 * 0.2, abs=1e-12)


def test_nobody_simulates_the_ticks_of_a_discontinuity() -> None:
    journal = moving(JournalBuilder().begin())
    journal.frames(3)
    journal.skip(100)
    journal.frame()
    fold, emitted = fold_all(journal)
    assert predictions(emitted)[-1].tick == 103
    # tick 2 is at 0.3 m; the state is held until tick 102; tick 103 and the prediction for 104 advance again
    assert positions(emitted)[104] == pytest.approx(0.5, abs=1e-12)
    assert fold.parked is None


def test_a_segment_after_a_discontinuity_begins_with_a_whole_tick() -> None:
    journal = moving(JournalBuilder().begin())
    journal.frames(3)
    journal.skip(50)
    journal.segment(Grid(53, journal.time(53) + 41_000_000, 10, 1), "discontinuity")
    journal.frame()
    _, emitted = fold_all(journal)
    assert positions(emitted)[54] == pytest.approx(0.5, abs=1e-12)


def test_a_command_that_fell_due_inside_a_discontinuity_acts_at_its_end_and_says_so() -> None:
    journal = JournalBuilder().begin()
    journal.push(2.0, at=journal.time(20))
    journal.frames(3)
    journal.skip(50)
    journal.frame()
    _, emitted = fold_all(journal)
    applied = next(said for said in emitted if hasattr(said, "late_ns"))
    assert (applied.tick, applied.step, applied.late_ns) == (53, 0, 32 * S // 10)


def test_stop_and_resume_keep_the_state_and_the_incarnation() -> None:
    journal = moving(JournalBuilder().begin())
    journal.frames(3)
    journal.stop()
    journal.resume(journal.time(3) + 3600 * S)
    journal.frame()
    fold, emitted = fold_all(journal)
    assert positions(emitted)[4] == pytest.approx(0.5, abs=1e-12)
    assert fold.parked is None


def test_a_tick_out_of_order_parks_before_it() -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    journal.tick += 1
    journal.frame()
    fold, emitted = fold_all(journal)
    assert fold.parked is not None
    assert fold.parked.startswith("tick_out_of_order")
    assert fold.state is not None
    assert fold.state.offset == 4
    assert len(predictions(emitted)) == 3


def test_a_frame_while_stopped_parks() -> None:
    journal = JournalBuilder().begin()
    journal.stop()
    journal.frame()
    fold, _ = fold_all(journal)
    assert fold.parked is not None
    assert fold.parked.startswith("frame_while_stopped")


def test_a_new_genesis_frees_a_parked_twin() -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    journal.tick += 5
    journal.frame()
    journal.begin(incarnation=2)
    journal.frames(2)
    fold, emitted = fold_all(journal)
    assert fold.parked is None
    assert [p.incarnation for p in predictions(emitted)] == [1, 2, 2]


def test_thirty_ticks_a_second_stay_on_an_exact_grid_for_a_day() -> None:
    grid = Grid(0, START, 30, 1)
    journal = JournalBuilder()
    journal.grid = replace(grid, tick=0)
    assert journal.time(30 * 86_400) == START + 86_400 * S


@pytest.mark.parametrize("ahead", [-1, 1])
def test_a_discontinuity_that_does_not_follow_the_last_tick_parks(ahead: int) -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    journal.tick += ahead
    journal.skip(10)
    fold, _ = fold_all(journal)
    assert fold.parked is not None
    assert fold.parked.startswith("bad_discontinuity")


def test_a_rate_of_one_tick_a_minute_is_folded_and_can_be_relocked() -> None:
    journal = moving(JournalBuilder().begin())
    journal.frames(3)
    journal.segment(Grid(3, journal.time(2) + 60 * S, 1, 60), "rate")
    journal.frames(2)
    journal.segment(Grid(5, journal.time(5) + 25 * S, 1, 60))
    journal.frames(2)
    fold, emitted = fold_all(journal)
    assert fold.parked is None
    assert positions(emitted)[7] == pytest.approx(0.3 + 5 * 60 + 25, abs=1e-9)
