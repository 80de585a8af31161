"""Commands act at their own engine steps; truth is the cart's closed form."""

import pytest
from support import fold_all, positions

from twin_schemas.records import CommandApplied, CommandRefused
from twin_sim.testing.journals import JournalBuilder, S

MASS = 2.0
TOLERANCE = 1e-12


def pushed(force: float, seconds: float) -> float:
    return 0.5 * force / MASS * seconds**2 if seconds > 0 else 0.0


def test_a_command_acts_at_its_effect_time_within_the_tick() -> None:
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.push(3.0, at=journal.time(3) + 40_000_000)
    journal.frames(6)
    _, emitted = fold_all(journal)
    for tick, x in positions(emitted).items():
        expected = pushed(3.0, 0.1 * (tick - 3) - 0.04) if tick > 3 else 0.0
        assert x == pytest.approx(expected, abs=TOLERANCE), tick


def test_an_effect_time_between_two_steps_acts_at_the_next_step() -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    journal.push(1.0, at=journal.time(1) + 41_000_001)
    journal.frames(3)
    _, emitted = fold_all(journal)
    applied = next(said for said in emitted if isinstance(said, CommandApplied))
    assert (applied.tick, applied.step, applied.late_ns) == (2, 5, 0)
    assert applied.time_ns == journal.time(1) + 50_000_000


def test_a_command_without_effect_time_acts_at_the_first_step_not_yet_folded() -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    journal.push(1.0)
    journal.frames(2)
    _, emitted = fold_all(journal)
    applied = next(said for said in emitted if isinstance(said, CommandApplied))
    assert (applied.tick, applied.step, applied.time_ns) == (3, 0, journal.time(2))


def test_a_command_whose_effect_time_has_passed_says_how_late_it_acted() -> None:
    journal = JournalBuilder().begin()
    journal.frames(5)
    journal.push(1.0, at=journal.time(1))
    journal.frames(1)
    _, emitted = fold_all(journal)
    applied = next(said for said in emitted if isinstance(said, CommandApplied))
    assert applied.late_ns == 3 * S // 10


def test_a_known_command_is_part_of_the_prediction_before_its_tick_is_folded() -> None:
    journal = JournalBuilder().begin()
    journal.push(4.0, at=journal.time(0))
    journal.frame()
    _, emitted = fold_all(journal)
    assert positions(emitted)[1] == pytest.approx(pushed(4.0, 0.1), abs=TOLERANCE)


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("too_far_ahead", lambda j: j.push(1.0, at=j.time(0) + 11 * S)),
        ("unknown_joint", lambda j: j.push(1.0, joint="/Nowhere")),
        ("too_many_pending", lambda j: [j.push(1.0, at=j.time(50)) for _ in range(9)]),
    ],
)
def test_a_command_that_cannot_be_taken_is_refused_once_with_a_code(code: str, make) -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    make(journal)
    journal.frames(2)
    _, emitted = fold_all(journal)
    assert [said.code for said in emitted if isinstance(said, CommandRefused)] == [code]


def test_a_command_sequenced_twice_acts_once() -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    journal.push(1.0)
    journal.records.append(journal.records[-1])
    journal.frames(2)
    _, emitted = fold_all(journal)
    assert sum(isinstance(said, CommandApplied) for said in emitted) == 1


def test_a_command_from_elsewhere_acts_whatever_was_sequenced_before() -> None:
    journal = JournalBuilder().begin()
    journal.commands_offset = 7
    journal.frame()
    journal.commands_offset = -2  # the builder counts on to -1
    journal.push(1.0)
    journal.frames(2)
    _, emitted = fold_all(journal)
    assert sum(isinstance(said, CommandApplied) for said in emitted) == 1


def test_a_stale_parameter_version_is_refused() -> None:
    journal = JournalBuilder().begin()
    journal.mass(4.0)
    journal.frame()
    journal.version = 0
    journal.mass(8.0)
    journal.frame()
    fold, emitted = fold_all(journal)
    assert [said.code for said in emitted if isinstance(said, CommandRefused)] == ["stale_version"]
    assert fold.state is not None
    assert fold.state.overrides == {"/Cart.mass": 4.0}


def test_a_mass_change_acts_at_its_effect_time() -> None:
    journal = JournalBuilder().begin()
    journal.push(2.0)
    journal.mass(4.0, at=journal.time(0) + 50_000_000)
    journal.frames(2)
    _, emitted = fold_all(journal)
    # 0.1 s from the genesis tick -1 to tick 0 at 2/2, then 50 ms at 2/2, then 50 ms at 2/4
    v0, x0 = 0.1, 0.005
    v1, x1 = v0 + 0.05, x0 + v0 * 0.05 + 0.5 * 0.05**2
    assert positions(emitted)[1] == pytest.approx(x1 + v1 * 0.05 + 0.25 * 0.05**2, abs=TOLERANCE)


def test_a_version_that_waits_already_is_not_taken_again() -> None:
    journal = JournalBuilder().begin()
    journal.mass(4.0, at=journal.time(3))
    journal.version = 0
    journal.mass(8.0)
    journal.frames(6)
    fold, emitted = fold_all(journal)
    assert [said.code for said in emitted if isinstance(said, CommandRefused)] == ["stale_version"]
    assert fold.state is not None
    assert fold.state.overrides == {"/Cart.mass": 4.0}


def test_a_refusal_quotes_only_the_beginning_of_what_it_refuses() -> None:
    journal = JournalBuilder().begin()
    journal.push(1.0, joint="/" + "\1" * 400_000)
    journal.frames(1)
    _, emitted = fold_all(journal)
    (refused,) = [said for said in emitted if isinstance(said, CommandRefused)]
    assert len(refused.message) == 1000
