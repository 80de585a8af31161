"""Only the records of the epoch in force count (journal rule 3)."""

from support import fold_all, predictions

from twin_schemas.records import Epoch
from twin_sim.testing.journals import JournalBuilder


def test_a_zombies_records_are_void_after_its_successor_acquired() -> None:
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.acquire(Epoch(2, "writer-b"))
    journal.frame()
    zombie = JournalBuilder()
    zombie.tick, zombie.commands_offset = 1, 5
    zombie.push(50.0)
    zombie.frame()
    journal.records += zombie.records
    journal.frame()
    fold, emitted = fold_all(journal)
    assert fold.parked is None
    assert [(p.tick, p.epoch) for p in predictions(emitted)] == [(0, 1), (1, 1), (2, 2), (3, 2)]


def test_of_two_writers_with_the_same_counter_the_first_wins() -> None:
    journal = JournalBuilder().begin()
    journal.acquire(Epoch(2, "writer-b"))
    journal.acquire(Epoch(2, "writer-c"))
    journal.frame()
    journal.tick -= 1
    journal.epoch = Epoch(2, "writer-b")
    journal.frame()
    fold, emitted = fold_all(journal)
    assert len(predictions(emitted)) == 1
    assert fold.state is not None
    assert fold.state.epoch == Epoch(2, "writer-b")


def test_an_older_writer_cannot_acquire_again_with_its_old_counter() -> None:
    journal = JournalBuilder().begin()
    journal.acquire(Epoch(3, "writer-b"))
    journal.acquire(Epoch(2, "writer-a"))
    journal.frame()
    _, emitted = fold_all(journal)
    assert predictions(emitted) == []


def test_a_frame_of_the_writer_that_lost_the_race_for_a_counter_is_void() -> None:
    journal = JournalBuilder().begin()
    journal.acquire(Epoch(2, "writer-b"))
    journal.acquire(Epoch(2, "writer-c"))
    journal.frame()
    journal.tick -= 1
    journal.epoch = Epoch(2, "writer-b")
    journal.frame()
    fold, emitted = fold_all(journal)
    assert fold.parked is None
    assert [said.offset for said in predictions(emitted)] == [len(journal.records) - 1]
