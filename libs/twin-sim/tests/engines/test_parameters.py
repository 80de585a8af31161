"""Parameter versions: complete sets of overrides, compiled anew."""

import math

import numpy as np
import pytest
from scene_files import scene, six_joint_arm

from twin_sim.engines import load_engine
from twin_sim.engines.api import ChannelKind, ChannelSpec, EngineConfig, JointCommand, JointMode, JointTarget
from twin_sim.errors import ParameterError
from twin_sim.scene import read_stage

DT = 0.002
PENDULUM = scene("pendulum")


def after(model, steps=400):
    simulation = model.simulate(DT)
    simulation.step(steps)
    out = np.empty(simulation.state_size)
    simulation.save(out)
    return out


def test_an_overridden_mass_is_the_same_as_an_authored_one_to_the_last_bit(model_of):
    """Under contact, where constants derived from mass would be stale if only the mass were written."""
    overridden = model_of(scene("box_on_plane")).with_parameters({"/World/box.mass": 6.0})
    authored = model_of(scene("box_on_plane", ("physics:mass = 3", "physics:mass = 6")))
    assert after(overridden).tobytes() == after(authored).tobytes()
    assert after(overridden).tobytes() != after(model_of(scene("box_on_plane"))).tobytes()


def test_a_mass_written_without_its_derived_constants_is_noticed():
    """The mutant of the test above: what one does to a MuJoCo model when in a hurry."""
    engine = load_engine("mujoco")
    stale = engine.compile(read_stage(scene("box_on_plane")), EngineConfig())
    stale.stepped(DT).body_mass[1] = 6.0
    authored = engine.compile(
        read_stage(scene("box_on_plane", ("physics:mass = 3", "physics:mass = 6"))), EngineConfig()
    )
    assert after(stale).tobytes() != after(authored).tobytes()


def test_overrides_are_complete_and_not_on_top_of_earlier_ones(model_of):
    model = model_of(PENDULUM)
    heavy = model.with_parameters({"/World/arm.mass": 5.0})
    damped = heavy.with_parameters({"/World/hinge.damping": 0.5})
    assert damped.parameters["/World/arm.mass"] == 2.0
    assert heavy.with_parameters({}) is model


def test_the_same_overrides_are_the_same_model(model_of):
    model = model_of(PENDULUM)
    once = model.with_parameters({"/World/arm.mass": 5, "/World/hinge.damping": 0.5})
    assert model.with_parameters({"/World/hinge.damping": 0.5, "/World/arm.mass": 5.0}) is once
    assert once.digest != model.digest


def test_the_digest_names_what_the_model_is_and_not_how_finely_it_steps(model_of):
    digest = model_of(PENDULUM).digest
    assert model_of(PENDULUM, step_hz=240.0, substeps=4).digest == digest
    assert model_of(PENDULUM, gravity=(0.0, 0.0, -1.62)).digest != digest
    assert model_of(PENDULUM, solver_iterations=10).digest != digest
    assert model_of(scene("pendulum", ("physics:mass = 2", "physics:mass = 2.5"))).digest != digest


def test_a_state_moves_to_another_parameter_version_and_acts_under_its_parameters(model_of):
    """The state holds targets, not forces: a stiffer drive pulls harder at the same target."""
    model = model_of(scene("two_joint_arm"))
    simulation = model.simulate(DT)
    simulation.set_joint_command(
        "/World/Arm", JointCommand((JointTarget("shoulder", JointMode.POSITION, 0.5),))
    )
    state = np.empty(simulation.state_size)
    simulation.save(state)
    stiffer = model.with_parameters(
        {"/World/Arm/shoulder.drive.stiffness": 500.0, "/World/Arm/shoulder.effortOffset": 7.0}
    )
    moved = stiffer.simulate(DT)
    moved.load(state)
    shoulder = ChannelSpec("/World/Arm/shoulder", ChannelKind.EFFORT)
    assert moved.bind([shoulder]).read() == [[pytest.approx(500 * 0.5)]]
    assert simulation.bind([shoulder]).read() == [[pytest.approx(2 * 180 / math.pi * 0.5)]]
    still = stiffer.simulate(DT)
    still.set_joint_command("/World/Arm", JointCommand((JointTarget("shoulder", JointMode.POSITION, 0.5),)))
    moved.step(50)
    still.step(50)
    results = [np.empty(stiffer.simulate(DT).state_size) for _ in range(2)]
    moved.save(results[0])
    still.save(results[1])
    assert results[0].tobytes() == results[1].tobytes()


def test_every_listed_parameter_can_be_overridden_and_changes_the_model(model_of):
    model = model_of(six_joint_arm())
    for name, value in model.parameters.items():
        changed = model.with_parameters({name: value * 1.01 + 1e-4})
        assert changed.parameters[name] == value * 1.01 + 1e-4
        assert after(changed, 1).size == after(model, 1).size


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("/World/arm.weight", 1.0, "mass"),
        ("/World/leg.mass", 1.0, "/World/arm"),
        ("mass", 1.0, "/World/arm"),
        ("/World/arm.mass", 0.0, "above 0"),
        ("/World/arm.mass", -1.0, "above 0"),
        ("/World/arm.mass", math.nan, "finite"),
        ("/World/arm.mass", "heavy", "finite"),
        ("/World/hinge.friction", -0.1, "below 0"),
        ("/World/arm.diagonalInertia.x", 9.0, "impossible"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_with_what_can(model_of, name, value, said):
    with pytest.raises(ParameterError, match=said) as raised:
        model_of(PENDULUM).with_parameters({name: value})
    assert name.partition(".")[0] in str(raised.value)
