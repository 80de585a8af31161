"""The soak's account of a twin finds what is missing, comes twice, has no prediction or begins anew."""

from dataclasses import replace

import pytest
from soaking.books import Account

from twin_schemas import examples
from twin_schemas.records import Epoch, ObservationFrame, SourcesAcquired, TimeDiscontinuity

EPOCH = Epoch(1, "a")
GENESIS = replace(examples.load("TwinGenesis")["full"], epoch=EPOCH, incarnation=1)


def frame(tick):
    return ObservationFrame(EPOCH, tick, [], -1)


def gap(first, last):
    return TimeDiscontinuity(EPOCH, first, last, "away")


@pytest.fixture
def account():
    account = Account()
    account.journal(0, SourcesAcquired(EPOCH, -1, 0, 0))
    account.journal(1, GENESIS)
    return account


def entered(account, *records):
    for offset, record in enumerate(records, start=2):
        account.journal(offset, record)
    return account


def test_frames_one_after_the_other_are_in_order(account):
    entered(account, frame(0), frame(1), gap(2, 9), frame(10))
    assert (account.frames, account.named, account.missing, account.twice, account.begun) == (3, 8, 0, 0, 0)


def test_ticks_that_nothing_names_are_missing_and_those_that_come_again_are_told(account):
    entered(account, frame(0), frame(3), frame(3))
    assert (account.missing, account.twice) == (2, 1)


def test_a_frame_waits_for_its_prediction_whichever_comes_first(account):
    account.predicted(2)
    entered(account, frame(0), frame(1))
    assert account.waiting == {3}
    account.predicted(3)
    account.predicted(3)
    assert account.waiting == set()


def test_another_incarnation_is_told(account):
    entered(account, frame(0), replace(GENESIS, incarnation=2))
    assert account.begun == 1
