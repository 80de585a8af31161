"""Commands become records."""

import pytest

from sync_engine.domain.sequencer import Sequencer, check_rate
from sync_engine.errors import CommandRejected
from twin_schemas.records import (
    ApplyParameters,
    Epoch,
    JointCommand,
    JointMode,
    JointTarget,
    ParametersApplied,
    ResetState,
    SetJointCommand,
    SetRate,
    StateReset,
)

EPOCH = Epoch(3, "writer")
TARGETS = [JointTarget("/J", JointMode.EFFORT, 1.0)]


def parameters(command_id: str, **overrides) -> ApplyParameters:
    return ApplyParameters("twin", command_id, "digest", overrides)


def test_parameter_versions_grow_by_one_from_the_journals_highest():
    sequencer = Sequencer(EPOCH, 41)
    versions = [sequencer.sequence(parameters(name), 5).version for name in "abc"]
    assert versions == [42, 43, 44]


def test_each_command_becomes_its_record():
    sequencer = Sequencer(EPOCH, 0)
    assert sequencer.sequence(SetJointCommand("twin", "a", TARGETS, effect_time_ns=9), 1) == JointCommand(
        EPOCH, "a", 1, TARGETS, effect_time_ns=9
    )
    assert sequencer.sequence(parameters("b", mass=2.0), 2) == ParametersApplied(
        EPOCH, "b", 2, 1, "digest", {"mass": 2.0}
    )
    assert sequencer.sequence(ResetState("twin", "c", True, {"/J.position": [0.0]}), 3) == StateReset(
        EPOCH, "c", 3, True, {"/J.position": [0.0]}
    )


def test_a_command_in_the_place_of_one_that_the_broker_has_lost_is_no_repeat_to_the_fold():
    sequencer = Sequencer(EPOCH, 0, folded=7)
    offsets = [
        sequencer.sequence(command, offset).commands_offset
        for offset in (5, 7, 8)
        for command in (
            parameters("a"),
            ResetState("twin", "b", True, {}),
            SetJointCommand("twin", "c", TARGETS),
        )
    ]
    assert offsets == [-1] * 6 + [8] * 3


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (SetJointCommand("twin", "a", []), "no_targets"),
        (SetJointCommand("twin", "a", [JointTarget("/J", JointMode.EFFORT, float("nan"))]), "not_finite"),
        (ApplyParameters("twin", "a", "", {"mass": float("inf")}), "not_finite"),
        (ResetState("twin", "a", False, {"/J.position": [float("nan")]}), "not_finite"),
    ],
)
def test_a_command_that_no_fold_could_take_is_rejected(command, code):
    with pytest.raises(CommandRejected) as rejected:
        Sequencer(EPOCH, 0).sequence(command, 1)
    assert rejected.value.code == code


@pytest.mark.parametrize(("num", "den"), [(0, 1), (-1, 1), (1, 0), (1001, 1), (1, 1001)])
def test_a_rate_that_no_grid_has_is_rejected(num, den):
    with pytest.raises(CommandRejected):
        check_rate(SetRate("twin", "a", num, den, "test"))
