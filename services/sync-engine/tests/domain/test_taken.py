"""Each command is taken once, and an id stands for one request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_engine.domain.sequencer import Sequencer
from sync_engine.domain.taken import TakenCommands, content
from sync_engine.errors import CommandRejected
from twin_schemas import codec
from twin_schemas.records import (
    ApplyParameters,
    Epoch,
    Grid,
    GridSegment,
    JointMode,
    JointTarget,
    ResetState,
    SetJointCommand,
    SetRate,
)

EPOCH = Epoch(3, "writer")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TARGETS = st.lists(st.builds(JointTarget, st.text(), st.sampled_from(JointMode), NUMBERS), min_size=1)
WHEN = st.none() | st.integers(0, 2**62)
COMMANDS = (
    st.builds(SetJointCommand, st.just("twin"), st.just("a"), TARGETS, effect_time_ns=WHEN)
    | st.builds(
        ApplyParameters,
        st.just("twin"),
        st.just("a"),
        st.text(),
        st.dictionaries(st.text(), NUMBERS),
        effect_time_ns=WHEN,
    )
    | st.builds(
        ResetState,
        st.just("twin"),
        st.just("a"),
        st.booleans(),
        st.dictionaries(st.text(), st.lists(NUMBERS)),
        effect_time_ns=WHEN,
    )
)


def parameters(command_id: str, mass: float = 2.0) -> ApplyParameters:
    return ApplyParameters("twin", command_id, "digest", {"mass": mass})


def written(command):
    """Its record, as it is read from a journal."""
    return codec.decode(codec.encode(Sequencer(EPOCH, 0).sequence(command, 1)))


@given(st.lists(st.integers(0, 8).map(str), max_size=50), st.integers(9, 20))
def test_within_the_window_each_id_is_taken_once(ids, window):
    commands = TakenCommands(window)
    taken = []
    for name in ids:
        if not commands.has(parameters(name)):
            commands.remember(written(parameters(name)))
            taken.append(name)
    assert sorted(taken) == sorted(set(ids))


def test_asking_whether_a_command_was_taken_does_not_take_it():
    commands = TakenCommands(10)
    assert not commands.has(parameters("a"))
    assert not commands.has(parameters("a"))


@given(COMMANDS)
def test_a_record_in_the_journal_asks_for_what_its_command_did(command):
    sent = codec.decode(codec.encode(command))
    assert content(written(sent)) == content(sent)
    assert TakenCommands(10, [written(sent)]).has(sent, "a" * 64)


@pytest.mark.parametrize(
    "other",
    [
        parameters("a", mass=3.0),
        ApplyParameters("twin", "a", "other", {"mass": 2.0}),
        ApplyParameters("twin", "a", "digest", {"mass": 2.0}, effect_time_ns=1),
        ResetState("twin", "a", True, {}),
        SetRate("twin", "a", 20, 1, "test"),
    ],
)
def test_an_id_in_the_journal_of_a_replaced_writer_is_no_other_requests(other):
    found = TakenCommands(10, [written(parameters("a"))])
    with pytest.raises(CommandRejected) as rejected:
        found.has(other)
    assert rejected.value.code == "idempotency_conflict"


def test_two_requests_that_ask_for_the_same_are_two_where_both_are_named():
    commands = TakenCommands(10)
    commands.remember(written(parameters("a")), "a" * 64)
    with pytest.raises(CommandRejected):
        commands.has(parameters("a"), "b" * 64)


def test_a_rate_is_known_by_the_segment_that_it_became():
    grid = Grid(5, 10, 20, 1)
    commands = TakenCommands(10, [GridSegment(EPOCH, grid, "rate", command_id="a")])
    assert commands.has(SetRate("twin", "a", 20, 1, "test"))
    assert commands.grid("a") == grid
    with pytest.raises(CommandRejected):
        commands.has(SetRate("twin", "a", 30, 1, "test"))


def test_a_segment_that_nobody_asked_for_is_no_command():
    commands = TakenCommands(1, [GridSegment(EPOCH, Grid(5, 10, 20, 1), "rate", command_id="a")])
    commands.remember(GridSegment(EPOCH, Grid(6, 11, 20, 1), "relock"))
    assert commands.grid("a") is not None
