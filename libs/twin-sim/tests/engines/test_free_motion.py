"""Free bodies and a pendulum against their equations; tolerances were set before the first run."""

import math

import numpy as np
import pytest
from scene_files import scene
from scipy.special import ellipk

from twin_sim.engines.api import ChannelKind, ChannelSpec

G = 9.81
BOX = ChannelSpec("/World/box", ChannelKind.POSE)
HINGE = [ChannelSpec("/World/hinge", kind) for kind in (ChannelKind.POSITION, ChannelKind.VELOCITY)]


def box_after_a_second(model, steps):
    simulation = model.simulate(1 / steps)
    simulation.step(steps)
    return np.array(simulation.bind([BOX]).read()[0])


def test_a_free_box_follows_the_parabola(model_of):
    model = model_of(scene("box_drop"))
    coarse, fine = box_after_a_second(model, 200), box_after_a_second(model, 400)
    extrapolated = 2 * fine[:3] - coarse[:3]  # the integrator is of first order in the step
    assert extrapolated == pytest.approx([1 + 1.5, 2 - 0.5, 30 + 3 - G / 2], abs=1e-9)
    assert fine[2] == pytest.approx(33 - G / 2, abs=G / 400)


def test_a_box_spinning_about_a_principal_axis_turns_a_quarter_in_a_second(model_of):
    pose = box_after_a_second(model_of(scene("box_drop")), 400)
    half = math.sqrt(0.5)
    assert pose[3:] == pytest.approx([half, 0, 0, half], abs=1e-9)


def test_a_turned_box_spins_about_the_axis_given_in_the_world(model_of):
    """A quarter turn about x, then a quarter turn a second about the world's z, which is the box's own y."""
    turned = scene(
        "box_drop",
        (
            '["xformOp:translate", "xformOp:scale"]',
            '["xformOp:translate", "xformOp:rotateX", "xformOp:scale"]',
        ),
        ("float3 xformOp:scale", "float xformOp:rotateX = 90\n        float3 xformOp:scale"),
    )
    pose = box_after_a_second(model_of(turned), 400)
    assert pose[3:] == pytest.approx([0.5, 0.5, 0.5, 0.5], abs=1e-6)


def test_an_off_centre_body_starts_at_the_velocity_of_its_centre_of_mass(model_of):
    source = scene(
        "box_drop",
        (
            "float physics:density = 500",
            "float physics:mass = 2\n        point3f physics:centerOfMass = (0.5, 0, 0)",
        ),
    )
    simulation = model_of(source, gravity=(0.0, 0.0, 0.0)).simulate(0.001)
    view = simulation.bind([BOX])
    simulation.step(1000)
    x, y, *_ = view.read()[0]
    # the centre is 0.1 m along the box's x, which points along y after a quarter turn
    assert (x, y + 0.1) == pytest.approx((1.1 + 1.5, 2 - 0.5), abs=2e-3)


def period(model, amplitude, dt=0.001):
    """Mean of five periods, from interpolated upward crossings."""
    simulation = model.simulate(dt)
    view = simulation.bind(HINGE)
    view.write(0, [amplitude])
    crossings, last, step = [], amplitude, 0
    while len(crossings) < 6:
        simulation.step()
        step += 1
        now = view.read()[0][0]
        if last < 0 <= now:
            crossings.append((step - now / (now - last)) * dt)
        last = now
    return (crossings[-1] - crossings[0]) / 5


def exact_period(inertia, mass, length, amplitude):
    return 4 * math.sqrt(inertia / (mass * G * length)) * ellipk(math.sin(amplitude / 2) ** 2)


@pytest.mark.parametrize("amplitude", [0.1, 1.2, 2.6])
def test_a_pendulum_swings_with_the_period_of_the_elliptic_integral(model_of, amplitude):
    expected = exact_period(0.02 + 2 * 0.8**2, 2, 0.8, amplitude)
    assert period(model_of(scene("pendulum")), amplitude) == pytest.approx(expected, rel=1e-4)


def test_a_changed_mass_and_armature_change_the_period_as_the_formula_says(model_of):
    model = model_of(scene("pendulum"))
    changed = model.with_parameters({"/World/arm.mass": 5.0, "/World/hinge.armature": 0.7})
    inertia = 5 / 2 * 0.02 + 5 * 0.8**2 + 0.7
    assert period(changed, 1.0) == pytest.approx(exact_period(inertia, 5, 0.8, 1.0), rel=1e-4)
    assert period(model, 1.0) == pytest.approx(exact_period(1.3, 2, 0.8, 1.0), rel=1e-4)


def test_an_undamped_pendulum_keeps_its_energy(model_of):
    simulation = model_of(scene("pendulum")).simulate(0.001)
    view = simulation.bind(HINGE)
    view.write(0, [2.0])
    start = 15.696 * (1 - math.cos(2.0))
    simulation.step(20_000)
    angle, speed = (values[0] for values in view.read())
    assert 0.5 * 1.3 * speed**2 + 15.696 * (1 - math.cos(angle)) == pytest.approx(start, rel=5e-3)


def test_the_twist_of_a_turned_spinning_box_is_in_the_world_frame(model_of):
    turned = scene(
        "box_drop",
        (
            '["xformOp:translate", "xformOp:scale"]',
            '["xformOp:translate", "xformOp:rotateX", "xformOp:scale"]',
        ),
        ("float3 xformOp:scale", "float xformOp:rotateX = 90\n        float3 xformOp:scale"),
    )
    simulation = model_of(turned).simulate(0.001)
    view = simulation.bind([ChannelSpec("/World/box", ChannelKind.TWIST)])
    assert view.read()[0] == pytest.approx([1.5, -0.5, 3, 0, 0, math.pi / 2], abs=1e-9)


def test_a_written_twist_moves_and_turns_the_body(model_of):
    simulation = model_of(scene("box_drop"), gravity=(0.0, 0.0, 0.0)).simulate(0.001)
    view = simulation.bind([BOX, ChannelSpec("/World/box", ChannelKind.TWIST)])
    half = math.sqrt(0.5)
    view.write(0, [0, 0, 0, half, half, 0, 0])
    view.write(1, [1, 2, 3, 0, 0, math.pi / 2])
    view.add(1, [0, 0, 1, 0, 0, 0])
    simulation.step(1000)
    assert view.read()[0] == pytest.approx([1, 2, 4, 0.5, 0.5, 0.5, 0.5], abs=1e-6)
    assert view.read()[1] == pytest.approx([1, 2, 4, 0, 0, math.pi / 2], abs=1e-6)
