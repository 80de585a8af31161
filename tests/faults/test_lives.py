"""Processes that end are found unless a strike has named them, also when somebody has started them again."""

import pytest
from faulting.lives import Lives

from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.state import PartState, Phase


def part(pid, phase=Phase.READY, name="sim-worker-0"):
    return PartState(name=name, phase=phase, process=ProcessId(pid, 1.0), ended="ended with exit code 1")


@pytest.fixture
def lives():
    return Lives([part(1)])


def test_who_goes_on_is_not_told(lives):
    lives.look([part(1)])
    assert lives.take() == []


def test_a_process_that_ended_is_told_once(lives):
    for _ in range(2):
        lives.look([part(1, Phase.FAILED)])
    lives.look([part(2)])
    assert lives.take() == ["sim-worker-0: ended with exit code 1"]
    assert lives.take() == []


def test_so_is_one_that_was_started_again_before_anybody_looked(lives):
    lives.look([part(2)])
    assert len(lives.take()) == 1


def test_one_that_a_strike_ends_is_not_told_that_once(lives):
    lives.ends("sim-worker-0")
    lives.look([part(1, Phase.FAILED)])
    lives.look([part(2)])
    assert lives.take() == []
    lives.look([part(2, Phase.FAILED)])
    assert len(lives.take()) == 1


def test_one_that_may_end_is_not_told_until_all_is_well(lives):
    lives.may_end(["sim-worker-0"])
    lives.look([part(1, Phase.FAILED)])
    lives.look([part(2, Phase.FAILED)])
    assert lives.take() == []
    lives.look([part(3)])
    lives.well()
    lives.look([part(3, Phase.FAILED)])
    assert len(lives.take()) == 1


def test_another_process_is_told_though_this_one_was_named(lives):
    lives.ends("sim-worker-0")
    lives.look([part(1, Phase.FAILED), part(7, name="kafka")])
    lives.look([part(1, Phase.FAILED), part(7, Phase.FAILED, name="kafka")])
    assert lives.take() == ["kafka: ended with exit code 1"]


def test_one_that_the_plan_has_no_more_is_not_told(lives):
    lives.look([part(1), part(7, name="archivist-1")])
    lives.look([part(1)])
    lives.look([part(1), part(8, name="archivist-1")])
    assert lives.take() == []
