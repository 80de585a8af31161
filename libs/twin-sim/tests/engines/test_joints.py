"""Drives, friction, damping, efforts and limits of joints against their closed forms."""

import math

import numpy as np
import pytest
from scene_files import scene

from twin_sim.engines.api import ChannelKind, ChannelSpec, EngineConfig, JointCommand, JointMode, JointTarget
from twin_sim.scene import read_stage
from twin_sim.scene.usd import drives

RAIL = "/World/rail"
KINDS = (ChannelKind.POSITION, ChannelKind.VELOCITY, ChannelKind.EFFORT)
DT = 0.001
AXIS = 'uniform token physics:axis = "X"'


def cart(*lines, api=""):
    """The cart with more attributes on its rail's joint."""
    head = (
        f'def PhysicsPrismaticJoint "rail" (prepend apiSchemas = ["{api}"])'
        if api
        else 'def PhysicsPrismaticJoint "rail"'
    )
    return scene("cart", ('def PhysicsPrismaticJoint "rail"', head), (AXIS, "\n".join([AXIS, *lines])))


def running(model, path=RAIL):
    simulation = model.simulate(DT)
    return simulation, simulation.bind([ChannelSpec(path, kind) for kind in KINDS])


def command(simulation, path, mode, value):
    simulation.set_joint_command(path, JointCommand((JointTarget(path, mode, value),)))


def second_order(t, target, inertia, stiffness, damping):
    """Step response from rest of I q'' = k (target - q) - d q', underdamped."""
    natural = math.sqrt(stiffness / inertia)
    ratio = damping / (2 * math.sqrt(stiffness * inertia))
    damped = natural * math.sqrt(1 - ratio**2)
    decay = np.exp(-ratio * natural * t)
    return target * (1 - decay * (np.cos(damped * t) + ratio / math.sqrt(1 - ratio**2) * np.sin(damped * t)))


DRIVEN = scene(
    "pendulum",
    ("gravityMagnitude = 9.81", "gravityMagnitude = 0"),
    ('"hinge"', '"hinge" (prepend apiSchemas = ["PhysicsDriveAPI:angular"])'),
    (
        'uniform token physics:axis = "Y"',
        (
            'uniform token physics:axis = "Y"\nfloat drive:angular:physics:stiffness = 0.5\n'
            "float drive:angular:physics:damping = 0.05"
        ),
    ),
)


def check_drive(engine):
    """0.5 N m/deg and 0.05 N m s/deg on 1.3 kg m^2, commanded to 0.6 rad."""
    simulation, view = running(engine.compile(read_stage(DRIVEN), EngineConfig(step_hz=1000)), "/World/hinge")
    command(simulation, "/World/hinge", JointMode.POSITION, 0.6)
    seen = []
    for _ in range(200):
        simulation.step(10)
        seen.append(view.read()[0][0])
    t = np.arange(1, 201) * 10 * DT
    expected = second_order(t, 0.6, 1.3, 0.5 * 180 / math.pi, 0.05 * 180 / math.pi)
    assert np.abs(np.array(seen) - expected).max() < 3e-3


def test_an_angular_drive_answers_as_a_second_order_system(engine):
    check_drive(engine)


def test_a_drive_read_without_180_over_pi_is_noticed(engine, monkeypatch):
    monkeypatch.setattr(drives, "DEGREES_PER_RADIAN", 1.0)
    with pytest.raises(AssertionError):
        check_drive(engine)


def test_a_linear_drive_is_not_converted_by_degrees(model_of):
    source = cart(
        "float drive:linear:physics:stiffness = 100",
        "float drive:linear:physics:damping = 8",
        api="PhysicsDriveAPI:linear",
    )
    simulation, view = running(model_of(source))
    command(simulation, RAIL, JointMode.POSITION, 0.3)
    simulation.step(700)
    assert view.read()[0][0] == pytest.approx(second_order(0.7, 0.3, 4, 100, 8), abs=1.5e-3)


def test_a_drive_never_exerts_more_than_its_greatest_force(model_of):
    source = cart(
        "float drive:linear:physics:stiffness = 5000",
        "float drive:linear:physics:damping = 300",
        "float drive:linear:physics:maxForce = 2",
        api="PhysicsDriveAPI:linear",
    )
    simulation, view = running(model_of(source))
    command(simulation, RAIL, JointMode.POSITION, 10.0)
    simulation.step(1000)
    _, speed, effort = (values[0] for values in view.read())
    assert speed == pytest.approx(2 / 4, rel=1e-9)
    assert effort == 2.0


def test_a_velocity_drive_reaches_its_target_exponentially(model_of):
    simulation, view = running(
        model_of(cart("float drive:linear:physics:damping = 8", api="PhysicsDriveAPI:linear"))
    )
    command(simulation, RAIL, JointMode.VELOCITY, 1.0)
    simulation.step(500)
    assert view.read()[1][0] == pytest.approx(1 - math.exp(-8 / 4 * 0.5), abs=1e-3)


def test_a_drive_starts_at_the_targets_of_the_scene(model_of):
    source = cart(
        "float drive:linear:physics:stiffness = 100",
        "float drive:linear:physics:damping = 60",
        "float drive:linear:physics:targetPosition = 0.25",
        api="PhysicsDriveAPI:linear",
    )
    simulation, view = running(model_of(source))
    simulation.step(10_000)
    assert view.read()[0][0] == pytest.approx(0.25, abs=1e-6)


def test_dry_friction_stops_a_cart_where_and_when_coulomb_says(model_of):
    simulation, view = running(model_of(cart("double hanzo:joint:friction = 6")))
    view.write(1, [1.2])
    simulation.step(400)
    assert view.read()[1][0] == pytest.approx(0.6, abs=2e-3)
    simulation.step(500)
    stopped = view.read()[0][0]
    assert stopped == pytest.approx(1.2**2 / (2 * 1.5), abs=2e-3)
    simulation.step(2000)
    assert view.read()[0][0] == pytest.approx(stopped, abs=1e-5)


def test_dry_friction_holds_against_a_smaller_effort_and_yields_to_a_larger(model_of):
    model = model_of(cart("double hanzo:joint:friction = 6"))
    simulation, view = running(model)
    view.write(2, [5.0])
    simulation.step(2000)
    assert view.read()[0][0] == pytest.approx(0.0, abs=1e-4)
    simulation, view = running(model)
    view.write(2, [8.0])
    simulation.step(1000)
    assert view.read()[1][0] == pytest.approx((8 - 6) / 4, abs=2e-3)


def test_viscous_damping_slows_a_cart_exponentially(model_of):
    simulation, view = running(model_of(cart("double hanzo:joint:damping = 3")))
    view.write(1, [2.0])
    simulation.step(1000)
    assert view.read()[1][0] == pytest.approx(2 * math.exp(-3 / 4), abs=1e-3)


def test_measured_effort_commanded_effort_and_offset_add_up(model_of):
    simulation, view = running(model_of(cart("double hanzo:joint:effortOffset = -1")))
    view.write(2, [3.0])
    command(simulation, RAIL, JointMode.EFFORT, 2.0)
    simulation.step(500)
    assert view.read()[1][0] == pytest.approx((3 + 2 - 1) / 4 * 0.5, abs=1e-12)
    view.write(2, [-4.0])  # the command still holds
    simulation.step(500)
    assert view.read()[1][0] == pytest.approx(0.5 + (-4 + 2 - 1) / 4 * 0.5, abs=1e-12)
    assert view.read()[2] == [-4.0 + 2.0]


def test_the_offset_acts_from_the_first_step(model_of):
    simulation, view = running(model_of(cart("double hanzo:joint:effortOffset = 2")))
    simulation.step()
    assert view.read()[1][0] == pytest.approx(2 / 4 * DT, rel=1e-12)


def test_armature_adds_to_the_inertia(model_of):
    simulation, view = running(model_of(cart("double hanzo:joint:armature = 1")))
    view.write(2, [10.0])
    simulation.step(1000)
    assert view.read()[1][0] == pytest.approx(10 / (4 + 1), abs=1e-12)


def test_a_limit_stops_the_joint(model_of):
    simulation, view = running(
        model_of(cart("float physics:lowerLimit = -0.1", "float physics:upperLimit = 0.5"))
    )
    view.write(2, [10.0])
    simulation.step(3000)
    assert view.read()[0][0] == pytest.approx(0.5, abs=5e-3)


def test_a_joint_starts_where_the_scene_says(model_of):
    simulation, view = running(
        model_of(cart("double hanzo:joint:initialPosition = 0.2", "double hanzo:joint:initialVelocity = 0.5"))
    )
    assert view.read()[:2] == [[0.2], [0.5]]
    simulation.step(1000)
    assert view.read()[0][0] == pytest.approx(0.7, abs=1e-9)


def test_a_joint_written_from_the_other_side_has_the_same_sign(model_of):
    """The world as body 1: the position is that of the world as seen from the cart."""
    source = scene("cart", ("rel physics:body1 = </World/cart>", "rel physics:body0 = </World/cart>"))
    simulation = model_of(source).simulate(DT)
    view = simulation.bind(
        [ChannelSpec(RAIL, ChannelKind.POSITION), ChannelSpec("/World/cart", ChannelKind.POSE)]
    )
    view.write(0, [0.3])
    assert view.read()[1][0] == pytest.approx(-0.3)
