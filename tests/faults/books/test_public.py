"""The public stream's book measures silences and finds what was said twice."""

from faulting.books.public import PublicBook


def heard(*times_ms):
    book = PublicBook()
    for offset, at_ms in enumerate(times_ms):
        book.take(at_ms, (1, offset))
    return book


def test_the_longest_silence_in_the_span_counts():
    assert heard(0, 5000, 5100, 5200, 7700, 7800).silence_s(5150, 8000) == 2.5


def test_what_was_silent_before_the_span_does_not_count():
    assert heard(0, 9000).silence_s(5000, 9500) == 4.0


def test_a_silence_that_has_not_ended_counts_up_to_the_end():
    assert heard(0, 100).silence_s(50, 4100) == 4.0


def test_what_is_said_again_is_no_news():
    book = heard(0, 100, 200)
    book.take(3000, (1, 1))
    assert (book.twice, book.silence_s(150, 3000)) == ([(1, 1)], 2.8)


def test_what_was_predicted_is_owed_until_it_is_said_or_passed_over():
    book = heard(0, 100)  # read before anybody knew of the predictions
    book.owe({(1, 0), (1, 1), (1, 2), (1, 3)})
    assert book.passed_over() == []
    book.take(300, (1, 3))
    assert book.passed_over() == [(1, 2)]
    assert book.passed_over() == []


def test_an_incarnation_that_has_ended_owes_nothing():
    book = heard(0)
    book.owe({(1, 0), (1, 7)})
    book.take(100, (2, 9))
    assert book.passed_over() == []
