"""The soak's account of a twin finds what is missing, comes twice, has no prediction or begins anew."""

from dataclasses import replace

import pytest
from soaking.books import RATE_HZ, Account, Span

from twin_schemas import examples
from twin_schemas.records import Epoch, ObservationFrame, Quality, Reading, SourcesAcquired, TimeDiscontinuity

EPOCH = Epoch(1, "a")
GENESIS = replace(examples.load("TwinGenesis")["full"], epoch=EPOCH, incarnation=1)


READING = Reading(0, [1.0], 0, Quality.GOOD)


def frame(tick, *readings):
    return ObservationFrame(EPOCH, tick, list(readings), -1)


def gap(first, last):
    return TimeDiscontinuity(EPOCH, first, last, "away")


@pytest.fixture
def account():
    account = Account(Span(0))
    account.journal(0, SourcesAcquired(EPOCH, -1, 0, 0), 0)
    account.journal(1, GENESIS, 0)
    return account


def entered(account, *records):
    for offset, record in enumerate(records, start=2):
        account.journal(offset, record, 100 * offset)
    return account


def test_frames_one_after_the_other_are_in_order(account):
    entered(account, frame(0), frame(1), gap(2, 9), frame(10))
    assert (account.frames, account.named, account.missing, account.twice, account.begun) == (3, 8, 0, 0, 0)


def test_ticks_that_nothing_names_are_missing_and_those_that_come_again_are_told(account):
    entered(account, frame(0), frame(3), frame(3))
    assert (account.missing, account.twice) == (2, 1)


def test_a_frame_waits_for_its_prediction_whichever_comes_first(account):
    account.predicted(2, 0)
    entered(account, frame(0), frame(1))
    assert account.waiting == {3}
    account.predicted(3, 0)
    account.predicted(3, 0)
    assert account.waiting == set()


def test_another_incarnation_is_told(account):
    entered(account, frame(0), replace(GENESIS, incarnation=2))
    assert account.begun == 1


def test_records_of_a_writer_that_was_replaced_do_not_count(account):
    entered(account, frame(0), SourcesAcquired(Epoch(2, "b"), 0, 0, 0), frame(1))
    assert account.frames == 1


def test_what_came_before_or_after_the_span_is_not_counted(account):
    account.span = Span(300, 500)
    entered(account, frame(0, READING), frame(1, READING), gap(2, 2), frame(3, READING))
    assert (account.frames, account.named, account.heard, account.missing) == (1, 1, 1, 0)


def test_silence_makes_frames_but_is_not_heard(account):
    entered(account, frame(0, READING), frame(1), frame(2, READING), frame(3))
    assert (account.frames, account.heard, account.heard_ms) == (4, 2, 400)


def test_a_message_that_came_late_is_heard_with_the_next(account):
    next_ = replace(READING, time_ns=33)
    entered(account, frame(0), frame(1, READING, replace(READING, channel=1), next_))
    assert (account.frames, account.heard) == (2, 2)


def test_a_second_without_readings_is_quiet_and_a_late_reading_is_not(account):
    late = [frame(0, READING), frame(1), frame(2, READING)]
    silent = [frame(3 + n) for n in range(RATE_HZ)]
    entered(account, *late, *silent[:-1])
    assert account.quiet == 0
    entered(account, silent[-1])
    assert account.quiet == RATE_HZ
    entered(account, gap(3 + RATE_HZ, 7 + RATE_HZ), frame(8 + RATE_HZ, READING), frame(9 + RATE_HZ))
    assert account.quiet == RATE_HZ + 5


def test_when_the_last_prediction_came_is_known(account):
    account.predicted(2, 700)
    account.predicted(1, 600)
    assert account.answered_ms == 700
