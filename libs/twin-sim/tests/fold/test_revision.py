"""A running twin takes what it can of a new definition; the rest waits for another incarnation."""

from support import fold_all

from twin_schemas.records import Assimilation
from twin_sim.journal import JournalTail
from twin_sim.testing.journals import CONFIG, JournalBuilder, reading


def moved(journal: JournalBuilder) -> float:
    """Where the cart is predicted to be after one more reading of 1 m."""
    journal.frame(reading(0, journal.time(journal.tick + 1), 1.0))
    fold, emitted = fold_all(journal)
    assert fold.parked is None
    return emitted[-1].values[0]  # type: ignore[union-attr]


def test_new_gains_act_from_the_record_on() -> None:
    before = JournalBuilder().begin()
    after = JournalBuilder().begin()
    before.frames(2)
    after.frames(2)
    after.revise(assimilation=Assimilation.NUDGE, gains={"position": 0.25, "velocity": 0.0, "pose": 0.0})
    assert moved(before) == 1.0
    assert moved(after) == 0.25


def test_a_revision_without_a_configuration_changes_nothing_but_its_number() -> None:
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.revise(5)
    assert moved(journal) == 1.0
    fold, _ = fold_all(journal)
    assert fold.state is not None
    assert (fold.state.genesis.revision, fold.state.genesis.fold) == (5, CONFIG)


def test_a_stopped_twin_takes_a_revision_too() -> None:
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.stop()
    journal.revise(assimilation=Assimilation.NONE)
    journal.resume(journal.time(20))
    assert moved(journal) == 0.0


def test_another_model_or_other_steps_are_not_taken_within_an_incarnation() -> None:
    changes: list[dict[str, object]] = [
        {"step_hz": 50.0},
        {"substeps": 2},
        {"gravity": [0.0, 0.0, -1.0]},
        {"solver_iterations": 9},
    ]
    for change in changes:
        journal = JournalBuilder().begin()
        journal.frames(2)
        journal.revise(**change)
        fold, _ = fold_all(journal)
        assert fold.parked is not None
        assert fold.parked.startswith("bad_revision"), change


def test_a_reader_at_the_end_of_the_journal_knows_the_revision_in_force() -> None:
    journal = JournalBuilder().begin()
    journal.revise(3, assimilation=Assimilation.NONE)
    journal.revise(4)
    tail = JournalTail()
    for offset, record in journal:
        tail.observe(offset, record)
    assert tail.genesis is not None
    assert (tail.genesis.revision, tail.genesis.fold.assimilation) == (4, Assimilation.NONE)
