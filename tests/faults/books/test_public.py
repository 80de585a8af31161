"""The public stream's book measures silences and finds what was said twice, without ground, or otherwise."""

from dataclasses import replace

from faulting.books.public import PublicBook, meant, said

from twin_schemas import examples
from twin_schemas.records import ChannelValue

WORD = b"word"


def heard(*times_ms):
    book = PublicBook()
    for offset in range(10):
        book.predicted((1, offset), WORD)
    for offset, at_ms in enumerate(times_ms):
        book.take(at_ms, (1, offset), WORD)
    return book


def test_the_longest_silence_in_the_span_counts():
    assert heard(0, 5000, 5100, 5200, 7700, 7800).silence_s(5150, 8000) == 2.5


def test_what_was_silent_before_the_span_does_not_count():
    assert heard(0, 9000).silence_s(5000, 9500) == 4.0


def test_a_silence_that_has_not_ended_counts_up_to_the_end():
    assert heard(0, 100).silence_s(50, 4100) == 4.0


def test_what_is_said_again_is_no_news():
    book = heard(0, 100, 200)
    book.take(3000, (1, 1), WORD)
    assert (book.twice, book.silence_s(150, 3000)) == ([(1, 1)], 2.8)


def test_what_was_predicted_is_owed_until_it_is_said_or_passed_over():
    book = heard(0, 100)  # read before anybody knew of the predictions
    book.owe({(1, 0), (1, 1), (1, 2), (1, 3)})
    assert book.passed_over() == []
    book.take(300, (1, 3), WORD)
    assert book.passed_over() == [(1, 2)]
    assert book.passed_over() == []


def test_an_incarnation_that_has_ended_owes_what_was_predicted_of_it():
    book = heard(0)
    book.owe({(1, 0), (1, 7)})
    book.take(100, (2, 9), WORD)
    assert book.passed_over() == [(1, 7)]


def test_what_nobody_had_predicted_is_baseless():
    book = heard(0)
    book.take(100, (1, 70), WORD)
    assert book.baseless == [(1, 70)]
    assert heard(0, 100).baseless == []


def test_what_was_predicted_long_ago_still_has_its_ground():
    book = heard(0, 100)
    book.passed_over()
    book.take(200, (1, 2), WORD)
    assert (book.baseless, book.unlike) == ([], [])


def test_what_is_said_with_other_values_is_found():
    book = heard(0)
    book.take(100, (1, 1), b"another word")
    assert book.unlike == [(1, 1)]


def test_a_public_record_means_what_its_prediction_meant():
    frame, public = examples.load("PredictionFrame")["full"], examples.load("TwinPrediction")["full"]
    told = [ChannelValue("a", "rad", each.values) for each in frame.innovations if each.values]
    same = replace(
        public,
        tick=frame.tick,
        time_ns=frame.time_ns,
        parameter_version=frame.parameter_version,
        values=[ChannelValue("a", "rad", [number]) for number in frame.values],
        innovations=told,
    )
    assert said(same) == meant(frame)
    assert said(replace(same, values=same.values[:-1])) != meant(frame)
    assert said(replace(same, time_ns=frame.time_ns + 1)) != meant(frame)
    assert said(replace(same, innovations=[*told, *told])) != meant(frame)
