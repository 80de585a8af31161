"""What a reader knows at the end of a journal (journal rule 2)."""

from twin_schemas.records import Epoch, Grid, SourceClock
from twin_sim.fold import Fold
from twin_sim.journal import JournalTail
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import START, JournalBuilder


def tail_of(journal: JournalBuilder) -> JournalTail:
    tail = JournalTail()
    for offset, record in journal:
        tail.observe(offset, record)
    return tail


def eventful() -> JournalBuilder:
    journal = JournalBuilder().begin()
    journal.frames(3)
    journal.push(1.0)
    journal.mass(4.0)
    journal.acquire(Epoch(2, "writer-b"))
    journal.segment(Grid(3, START + 450_000_000, 5, 1), "rate")
    journal.frames(2)
    journal.skip(7)
    journal.stop()
    return journal


def test_the_tail_knows_everything_that_the_next_writer_needs() -> None:
    tail = tail_of(eventful())
    assert (tail.incarnation, tail.tick, tail.commands_offset, tail.parameter_version) == (1, 11, 1, 1)
    assert (tail.epoch, tail.stopped, tail.overrides) == (Epoch(2, "writer-b"), True, {"/Cart.mass": 4.0})
    assert tail.grid == Grid(3, START + 450_000_000, 5, 1)


def test_a_tail_that_began_at_a_checkpoint_ends_like_one_that_read_everything() -> None:
    journal = eventful()
    whole = tail_of(journal)
    for length in range(2, len(journal.records)):
        fold = Fold(open_cart)
        for offset, record in list(journal)[:length]:
            fold.take(offset, record)
        tail = JournalTail.from_snapshot(fold.snapshot())
        for offset, record in journal:
            tail.observe(offset, record)
        for name in (
            "tick",
            "grid",
            "epoch",
            "commands_offset",
            "parameter_version",
            "stopped",
            "incarnation",
            "offset",
        ):
            assert getattr(tail, name) == getattr(whole, name), (name, length)


def test_void_records_move_the_offset_only() -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    journal.acquire(Epoch(2, "writer-b"))
    zombie = JournalBuilder()
    zombie.tick = 0
    zombie.frame()
    journal.records += zombie.records
    tail = tail_of(journal)
    assert (tail.tick, tail.offset) == (0, 4)


def test_a_record_seen_before_changes_nothing() -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    tail = tail_of(journal)
    assert not tail.observe(2, journal.records[2])


def test_a_frame_says_how_far_the_commands_are_sequenced() -> None:
    journal = JournalBuilder().begin()
    journal.commands_offset = 17  # refused or repeated: none of them is in the journal
    journal.frame()
    assert tail_of(journal).commands_offset == 17


def test_a_new_incarnation_begins_with_parameter_version_zero() -> None:
    journal = eventful()
    journal.begin(incarnation=2)
    tail = tail_of(journal)
    assert (tail.parameter_version, tail.overrides, tail.stopped) == (0, {}, False)
    assert tail.commands_offset == 1


def test_a_resumption_brings_its_own_grid() -> None:
    journal = eventful()
    journal.resume(START + 3600 * 1_000_000_000)
    tail = tail_of(journal)
    assert (tail.grid, tail.stopped) == (journal.grid, False)


def test_the_newest_clock_offset_of_each_source_is_known() -> None:
    journal = JournalBuilder().begin()
    for source, offset_ns in (("arm", 5), ("belt", 7), ("arm", -3)):
        journal.records.append(SourceClock(journal.epoch, journal.tick + 1, source, offset_ns))
    assert tail_of(journal).clock_offsets == {"arm": -3, "belt": 7}
