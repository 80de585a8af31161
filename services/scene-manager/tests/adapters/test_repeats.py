"""Statuses that say again what changed nothing are passed over for a while, and no others."""

from dataclasses import replace

import pytest

from scene_manager.adapters.status_feed import Repeats
from twin_common.clock import ManualClock
from twin_schemas import examples
from twin_schemas.records import Condition, SimPhase

RUNNING = replace(examples.load("SimStatus")["full"], phase=SimPhase.RUNNING, conditions=[])
STALE = replace(RUNNING, conditions=[Condition("stale", 1, "no readings")])


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def repeats(clock):
    return Repeats(clock)


def test_what_changed_nothing_is_a_repeat_when_it_is_said_again(repeats):
    assert not repeats.contain(RUNNING)
    repeats.note(RUNNING, changed=False)
    assert repeats.contain(replace(RUNNING, tick=99, offset=99, at_ns=99))
    assert not repeats.contain(replace(RUNNING, twin="another"))


@pytest.mark.parametrize(
    "other", [STALE, replace(RUNNING, revision=77), replace(RUNNING, phase=SimPhase.STARTING)]
)
def test_something_else_is_none_and_neither_is_what_follows_it(repeats, other):
    repeats.note(RUNNING, changed=False)
    assert not repeats.contain(other)
    repeats.note(other, changed=True)
    assert not repeats.contain(RUNNING)


def test_what_changed_something_is_looked_at_again(repeats):
    repeats.note(RUNNING, changed=True)
    assert not repeats.contain(RUNNING)


async def test_after_a_while_everything_is_looked_at_again(repeats, clock):
    repeats.note(RUNNING, changed=False)
    await clock.advance(6)
    assert not repeats.contain(RUNNING)
