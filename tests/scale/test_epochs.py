"""The benches' own rule of fencing: the holder of the highest counter writes, and what others write is void."""

import random

from _epochs import InForce

from twin_schemas.records import Epoch, ObservationFrame, SourcesAcquired
from twin_sim.journal import EpochFilter


def acquired(counter, writer):
    return SourcesAcquired(Epoch(counter, writer), -1, 0, 0)


def frame(counter, writer):
    return ObservationFrame(Epoch(counter, writer), 0, [], -1)


def counted(*records):
    rule = InForce()
    return [rule.counts(record) for record in records]


def test_nothing_counts_before_somebody_acquired():
    assert counted(frame(1, "a"), acquired(1, "a"), frame(1, "a")) == [False, True, True]


def test_a_replaced_writer_does_not_count_any_more():
    assert counted(acquired(1, "a"), acquired(2, "b"), frame(1, "a"), frame(2, "b")) == [
        True,
        True,
        False,
        True,
    ]


def test_the_first_of_two_with_the_same_counter_holds_it():
    assert counted(acquired(1, "a"), acquired(1, "b"), frame(1, "b"), frame(1, "a")) == [
        True,
        False,
        False,
        True,
    ]


def test_an_acquisition_that_comes_late_changes_nothing():
    assert counted(acquired(2, "b"), acquired(1, "a"), frame(1, "a"), frame(2, "b")) == [
        True,
        False,
        False,
        True,
    ]


def test_the_platform_has_the_same_rule():
    dice = random.Random(5)
    ours, theirs = InForce(), EpochFilter()
    for _ in range(2000):
        record = dice.choice((acquired, frame))(dice.randrange(400), dice.choice("ab"))
        assert ours.counts(record) == theirs.admits(record)
