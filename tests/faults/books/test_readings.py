"""The readings' book finds a silent drop, and a reading that was taken twice."""

from faulting.books.readings import SLACK_NS, ReadingBook

S = 1_000_000_000
SENT = {1: (0.1, 1 * S), 2: (0.2, 2 * S), 3: (0.3, 3 * S)}


def settled(positions, away=(), counted=0):
    book = ReadingBook()
    book.take(positions)
    book.settle(SENT, away, counted)
    return book


def test_readings_in_frames_are_found():
    assert settled([(0.1, 1), (0.2, 2), (0.3, 3)]).silent == []


def test_a_reading_that_nothing_accounts_for_was_dropped_silently():
    assert settled([(0.1, 1), (0.3, 3)]).silent == [2]


def test_a_reading_of_a_time_without_a_writer_is_accounted_for():
    book = settled([(0.1, 1), (0.3, 3)], away=[(2 * S, 2 * S)])
    assert (book.silent, book.outage) == ([], 1)


def test_a_time_without_a_writer_excuses_nothing_long_before_it():
    assert settled([(0.1, 1), (0.3, 3)], away=[(2 * S + 2 * SLACK_NS, 3 * S)]).silent == [2]


def test_a_reading_that_the_sync_engine_counted_as_dropped_is_accounted_for():
    book = settled([(0.1, 1), (0.3, 3)], counted=1)
    assert (book.silent, book.dropped) == ([], 1)


def test_a_counter_excuses_no_more_than_it_counts():
    assert len(settled([(0.1, 1)], counted=1).silent) == 1


def test_a_reading_in_two_frames_is_found():
    assert settled([(0.1, 1), (0.2, 2), (0.2, 3), (0.3, 3)]).twice == [0.2]
