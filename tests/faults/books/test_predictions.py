"""The predictions' book finds frames that nobody predicted, void ones and unequal repeats."""

from faulting.books.predictions import PredictionBook


def book(*said):
    made = PredictionBook()
    for identity, value in said:
        made.take(identity, value)
    return made


def test_a_frame_without_a_prediction_is_left():
    frames = {(1, 5): 0, (1, 6): 1}
    assert book(((1, 5), b"a")).match(frames, end=7) == []
    assert frames == {(1, 6): 1}


def test_a_prediction_of_no_frame_in_force_is_found():
    assert book(((1, 5), b"a"), ((1, 6), b"b")).match({(1, 5): 0}, end=7) == [(1, 6)]


def test_a_prediction_beyond_the_known_end_of_the_journal_waits():
    made = book(((1, 9), b"a"))
    assert made.match({}, end=7) == []
    assert made.match({}, end=10) == [(1, 9)]


def test_an_equal_repeat_is_counted_also_after_its_frame_was_settled():
    made = book(((1, 5), b"a"))
    made.match({(1, 5): 0}, end=7)
    made.take((1, 5), b"a")
    assert (made.repeated, made.unequal, made.match({}, end=7)) == (1, [], [])


def test_an_unequal_repeat_is_found():
    assert book(((1, 5), b"a"), ((1, 5), b"b")).unequal == [(1, 5)]


def test_a_number_that_was_lost_may_come_again_and_mean_nothing_else():
    book = PredictionBook()
    for offset in (4, 5):
        book.lose((1, offset), b"said")
    book.take((1, 4), b"said")
    assert (book.match({(1, 4): 7}, 6), book.unequal) == ([], [])
    book.take((1, 5), b"said otherwise")
    assert book.unequal == [(1, 5)]
