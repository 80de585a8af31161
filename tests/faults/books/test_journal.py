"""The journal's book finds what is missing, doubled or void."""

from dataclasses import replace

from faulting.books.journal import JournalBook
from hand_made import FIRST, SECOND, TICK_NS, acquired, command, entered, frame, genesis

from twin_schemas.records import TimeDiscontinuity

BEGUN = (acquired(), genesis())


def test_ticks_without_a_break_are_all_there():
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), frame(1, 0.2), frame(2))
    assert (book.missing, book.again, book.total) == ([], [], 3)
    assert list(book.frames) == [(1, 2), (1, 3), (1, 4)]


def test_a_tick_that_nobody_names_is_missing():
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), frame(3, 0.2))
    assert book.missing == [1, 2]


def test_a_discontinuity_accounts_for_the_ticks_that_it_names():
    gap = TimeDiscontinuity(FIRST, 1, 90, "the writer was away")
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), gap, frame(91, 0.2))
    assert (book.missing, book.again, book.named) == ([], [], 90)
    ((first_ns, last_ns, ticks),) = book.discontinuities
    assert (first_ns // TICK_NS, round(last_ns / TICK_NS), ticks) == (1, 90, 90)


def test_a_discontinuity_that_names_too_little_leaves_ticks_missing():
    gap = TimeDiscontinuity(FIRST, 2, 90, "the writer was away")
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), gap, frame(91, 0.2))
    assert book.missing == [1]


def test_a_time_that_one_writer_names_in_pieces_is_found():
    gaps = [TimeDiscontinuity(FIRST, first, first + 9, "the writer was away") for first in (1, 11)]
    assert entered(JournalBook(), *BEGUN, frame(0, 0.1), *gaps, frame(21, 0.2)).split == [11]
    away = TimeDiscontinuity(SECOND, 11, 20, "the writer was away")
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), gaps[0], acquired(SECOND), away)
    assert (book.split, book.missing) == ([], [])


def test_a_tick_in_two_frames_in_force_is_found():
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), frame(1, 0.2), frame(1, 0.3))
    assert book.again == [1]


def test_what_a_replaced_writer_still_writes_is_void():
    book = entered(
        JournalBook(), *BEGUN, frame(0, 0.1), acquired(SECOND), frame(1, 0.2), frame(1, 0.3, epoch=SECOND)
    )
    assert (book.again, book.total) == ([], 2)


def test_of_two_that_acquire_the_same_counter_the_first_wins():
    late = acquired(type(FIRST)(FIRST.counter, "z"))
    book = entered(JournalBook(), *BEGUN, late, frame(0, 0.1))
    assert book.total == 1


def test_a_command_that_is_sequenced_twice_is_shown_twice():
    book = entered(JournalBook(), *BEGUN, command("c"), command("c"))
    assert len(book.commands["c"]) == 2


def test_times_without_a_writer_lie_between_two_frames_with_readings():
    book = entered(
        JournalBook(),
        *BEGUN,
        frame(0, 0.1),
        frame(1, 0.2),
        frame(2, gap=True),
        frame(3),
        frame(4, 0.3),
        frame(5, 0.4),
    )
    assert book.away[1:] == [(TICK_NS, 4 * TICK_NS + 1)]


def test_an_empty_frame_alone_excuses_no_reading():
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), frame(1), frame(2, 0.3))
    assert book.away[1:] == []


def test_after_a_loss_the_next_incarnation_begins_at_whichever_tick_and_only_that():
    book = entered(JournalBook(), *BEGUN, frame(0))
    book.lose()
    entered(book, *BEGUN, frame(0), frame(1), frame(3))
    assert book.missing == [2]
    book.lose()
    for record in (genesis(), frame(40), frame(41)):
        book.take(9, record)
    assert (book.missing, book.again) == ([2], [])
    for record in (genesis(), frame(50)):
        book.take(9, record)
    assert book.missing == [2, *range(42, 50)]


def set_back(reason):
    book = entered(JournalBook(), *BEGUN, frame(0, 0.1), frame(1, 0.2))
    book.frames.clear()
    book.lose()
    book.take(4, frame(2, 0.3))
    book.take(5, replace(genesis(), incarnation=2, reason=reason))
    book.take(6, frame(1, 0.4))
    return book


def test_frames_behind_a_lost_tail_need_no_prediction_when_a_new_incarnation_says_so():
    book = set_back("new incarnation: the journal ends at offset 4, offset 9 was seen in it")
    assert (book.torn, list(book.frames)) == ({(1, 4)}, [(2, 6)])


def test_frames_behind_a_lost_tail_that_nobody_noticed_need_theirs():
    book = set_back("revision 2 starts")
    assert (book.torn, list(book.frames)) == (set(), [(1, 4), (2, 6)])
