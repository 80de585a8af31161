"""What is heard of the public streams: everything once, with or without a latency."""

from dataclasses import replace

import pytest
from soaking.books import Span
from soaking.sampling import Listener

from twin_common.bus.types import Record
from twin_schemas import codec, examples

SAID = replace(examples.load("TwinPrediction")["full"], latency_ns=5_000_000)


@pytest.fixture
def listener():
    return Listener(checkpoints_ns={SAID.twin: 0})


def hear(listener, *said):
    for offset, prediction in enumerate(said):
        listener._hear(Record("t", 0, offset, b"k", codec.encode(prediction), (), 100 * offset))


def later(prediction, by):
    return replace(prediction, offset=prediction.offset + by)


def test_what_tells_no_latency_counts_all_the_same(listener):
    hear(listener, SAID, replace(later(SAID, 1), latency_ns=-1))
    assert listener.take() == (2, [5.0])
    assert listener.take() == (0, [])


def test_what_comes_again_or_behind_something_newer_is_told_apart(listener):
    hear(listener, SAID, later(SAID, 2), SAID, later(SAID, 1), later(SAID, 2))
    assert (listener.predictions, listener.again) == (2, 3)


def test_other_twins_are_not_listened_to(listener):
    hear(listener, replace(SAID, twin="another"))
    assert listener.predictions == 0


def test_each_twin_is_counted_within_the_span_only(listener):
    listener.span = Span(100, 300)
    hear(listener, SAID, later(SAID, 1), later(SAID, 2), later(SAID, 3))
    assert listener.heard == {SAID.twin: 2}
