import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sim_worker_support.pendulum import pendulum

from sim_worker.domain.admission import Load
from sim_worker.domain.identity import event_id, request_id
from sim_worker.domain.inventory import Inventory
from sim_worker.domain.recipe import Recipe
from sim_worker.domain.schedule import Staggered
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.stall import StallGuard
from sim_worker.domain.status import Trouble
from sim_worker.errors import AdmissionRefused
from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_schemas.records import CommandApplied, Desired, Stamps, TwinSpec

STAMPS = Stamps("mujoco", "4.0", "cpu", 1, "scene", "model")


def spec(**changes):
    named = ["t", "local", "n", 1, Desired.RUNNING, "default", 3, "s", 1, "d", "f", "{}", 1, 1]
    return replace(TwinSpec(*named), **changes)


def test_a_twin_that_fits_beside_the_others_is_admitted():
    load = Load(0.7)
    load.admit("a", 0.01, 30)
    load.admit("b", 0.01, 30)
    assert load.total == pytest.approx(0.6)


def test_one_that_does_not_is_refused_until_another_has_gone():
    load = Load(0.7)
    load.admit("a", 0.02, 30)
    with pytest.raises(AdmissionRefused, match="10% left of 70%"):
        load.admit("b", 0.01, 30)
    load.release("a")
    load.admit("b", 0.01, 30)


def test_one_whose_tick_is_longer_than_a_worker_may_be_busy_is_refused_and_told_to_tick_more_often():
    load = Load(0.7, longest_tick_s=2.0)
    with pytest.raises(AdmissionRefused, match=r"a tick needs 2\.5 s.*Raise sync.rate_hz"):
        load.admit("a", 2.5, 0.1)
    load.admit("a", 1.9, 0.1)


def test_a_twin_does_not_compete_with_itself():
    load = Load(0.7)
    load.admit("a", 0.02, 30)
    load.admit("a", 0.02, 30)


def test_as_many_twins_as_their_load_leaves_room_for_are_admitted():
    load = Load(0.7)
    for number in range(2000):
        load.admit(f"t{number}", 1e-5, 30)
    assert load.total == pytest.approx(0.6)


def test_what_a_running_twin_really_uses_counts_from_then_on():
    load = Load(0.7)
    load.admit("a", 0.02, 30)
    load.observe("a", 0.1)
    load.admit("b", 0.02, 30)
    assert load.total == pytest.approx(0.7)


def test_a_stall_is_noticed_before_and_after_the_next_beat():
    guard = StallGuard(100, 0)
    assert not guard.stalled(100) and guard.stalled(101)
    guard.beat(200)
    assert guard.stalled(201)
    guard.reset(202)
    assert not guard.stalled(203)


@given(st.lists(st.integers(1, 100), max_size=50))
def test_beats_in_time_are_never_a_stall(gaps):
    guard, now = StallGuard(100, 0), 0
    for gap in gaps:
        now += gap
        assert not guard.stalled(now)
        guard.beat(now)


def test_the_same_request_has_the_same_id_and_another_build_another():
    other = Stamps("mujoco", "4.1", "cpu", 1, "scene", "model")
    assert request_id("t", 1, STAMPS) == request_id("t", 1, STAMPS)
    assert len({request_id("t", 1, STAMPS), request_id("t", 2, STAMPS), request_id("t", 1, other)}) == 3


def test_what_is_said_of_a_command_has_an_id_that_repeats():
    said = CommandApplied("t", 1, 7, "c", 3, 0, 0, 0)
    assert event_id(said) == event_id(CommandApplied("t", 1, 7, "c", 3, 0, 0, 0))
    assert event_id(said) != event_id(CommandApplied("t", 1, 8, "c", 3, 0, 0, 0))


def test_each_twin_has_its_turn_once_a_period():
    schedule = Staggered(1000)
    turns = [now for now in range(0, 10_000, 10) if schedule.due("t", now)]
    assert len(turns) == 10 and {b - a for a, b in itertools.pairwise(turns)} == {1000}


def test_turns_of_many_twins_are_spread():
    schedule = Staggered(1000)
    for twin in range(100):
        schedule.due(f"t{twin}", 0)
    by_tenth = [sum(schedule.due(f"t{twin}", now) for twin in range(100)) for now in range(100, 1001, 100)]
    assert max(by_tenth) < 30


def test_a_tombstone_deletes_and_older_records_change_nothing():
    book = SpecBook()
    assert book.apply(5, "t", spec())
    assert not book.apply(4, "t", spec(revision=9))
    assert book.apply(6, "t", None)
    assert book.get("t") is None and len(book) == 0


def test_another_pools_twins_are_not_ours():
    book = SpecBook("gpu")
    book.apply(1, "t", spec())
    assert book.on_partition(3) == []


def test_forecasts_come_as_often_as_the_definition_says_at_most():
    config = fold_config(pendulum("p", rate_hz=30, horizon={"per_second": 7}), CommandBounds())
    assert config.horizon_every == 5
    assert fold_config(pendulum("p", horizon={"per_second": 0}), CommandBounds()).horizon_every == 0


def test_the_windows_of_forecasts_lie_end_to_end_unless_told_otherwise():
    config = fold_config(pendulum("p", rate_hz=30), CommandBounds())
    assert config.horizon_every * 1_000_000_000 // 30 == config.horizon_ns


def test_a_genesis_asks_for_the_same_model_as_the_definition_did():
    config = fold_config(pendulum("p"), CommandBounds())
    assert Recipe.of("mujoco", "scene", config).gravity is None
    config.gravity = [0.0, 0.0, -1.6]
    assert Recipe.of("mujoco", "scene", config).gravity == (0.0, 0.0, -1.6)
    config.gravity = [0.0]
    assert Recipe.of("mujoco", "scene", config) == Recipe.of("mujoco", "scene", config)
    assert not all(map(math.isfinite, Recipe.of("mujoco", "scene", config).gravity))


@given(st.text(max_size=40))
def test_the_nearest_prims_are_prims_that_exist(path):
    known = frozenset({"/A/elbow", "/A/wrist", "/B/elbow"})
    assert set(Inventory(bodies=known).nearest(path)) <= known


def test_a_parking_reason_is_split_into_code_and_message():
    assert Trouble.parse("diverged: not finite: look") == Trouble("diverged", "not finite: look")
    assert Trouble.parse("what") == Trouble("parked", "what")
