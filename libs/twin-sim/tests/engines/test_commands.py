"""Joint commands: all or none, and which are refused."""

import math

import pytest
from scene_files import scene

from twin_sim.engines.api import ChannelKind, ChannelSpec, JointCommand, JointMode, JointTarget
from twin_sim.errors import JointCommandError, UnknownJoint

ARM = "/World/Arm"


@pytest.fixture
def arm(model_of):
    return model_of(scene("two_joint_arm")).simulate(0.001)


def settled(simulation):
    simulation.step(5000)
    view = simulation.bind(
        [ChannelSpec(f"{ARM}/{joint}", ChannelKind.POSITION) for joint in ("shoulder", "elbow")]
    )
    return view.read_flat()


def test_targets_of_one_command_take_effect_together(arm):
    arm.set_joint_command(
        ARM,
        JointCommand(
            (
                JointTarget("/World/Arm/shoulder", JointMode.POSITION, 0.5),
                JointTarget("/World/Arm/elbow", JointMode.POSITION, -0.25),
            )
        ),
    )
    assert settled(arm) == pytest.approx([0.5, -0.25], abs=1e-4)


def test_a_joint_may_be_named_relative_to_the_articulation(arm):
    arm.set_joint_command(ARM, JointCommand((JointTarget("shoulder", JointMode.POSITION, 0.5),)))
    assert settled(arm)[0] == pytest.approx(0.5, abs=1e-4)


def test_a_command_with_one_bad_target_changes_nothing(arm):
    good = JointTarget("shoulder", JointMode.POSITION, 0.5)
    with pytest.raises(UnknownJoint, match="/World/Arm/wrist"):
        arm.set_joint_command(ARM, JointCommand((good, JointTarget("wrist", JointMode.POSITION, 0.5))))
    assert settled(arm) == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_target_that_is_not_finite_is_refused(arm, value):
    with pytest.raises(JointCommandError, match="shoulder"):
        arm.set_joint_command(ARM, JointCommand((JointTarget("shoulder", JointMode.EFFORT, value),)))


@pytest.mark.parametrize(
    ("mode", "missing"), [(JointMode.POSITION, "stiffness"), (JointMode.VELOCITY, "damping")]
)
def test_a_joint_without_a_drive_follows_no_position_and_no_velocity(model_of, mode, missing):
    simulation = model_of(scene("pendulum")).simulate(0.001)
    with pytest.raises(JointCommandError, match=missing):
        simulation.set_joint_command("/World", JointCommand((JointTarget("/World/hinge", mode, 1.0),)))


def test_an_articulation_that_is_not_there_is_refused(arm):
    with pytest.raises(UnknownJoint, match="/World/Leg"):
        arm.set_joint_command("/World/Leg", JointCommand((JointTarget("knee", JointMode.EFFORT, 1.0),)))
