"""Stage units and up axis: the same thing written in other units is the same thing."""

import math

import pytest
from scene_files import scene

from twin_sim.engines import load_engine
from twin_sim.engines.api import ChannelKind, ChannelSpec, EngineConfig
from twin_sim.scene import read_stage
from twin_sim.scene.spatial import rotate

DRIVE = (
    'uniform token physics:axis = "{}"',
    (
        'uniform token physics:axis = "{}"\nfloat drive:angular:physics:stiffness = {}\n'
        "float drive:angular:physics:damping = {}\nfloat drive:angular:physics:maxForce = {}"
    ),
)
API = ('"hinge"', '"hinge" (prepend apiSchemas = ["PhysicsDriveAPI:angular"])')


def swing(source):
    # the engine's gravity, so that which way is up matters
    config = EngineConfig(gravity=(0.0, 0.0, -9.81))
    simulation = load_engine("mujoco").compile(read_stage(source), config).simulate(0.001)
    view = simulation.bind(
        [ChannelSpec("/World/hinge", k) for k in (ChannelKind.POSITION, ChannelKind.VELOCITY)]
    )
    view.write(0, [1.0])
    simulation.step(2000)
    return view.read_flat()


def damped(name, *changes):
    """With 0.5 N m s/rad, always in SI: without it, a pendulum swings the same in any unit."""
    rel = "rel physics:body1 = </World/arm>"
    return scene(name, (rel, f"{rel}\n        double hanzo:joint:damping = 0.5"), *changes)


def test_a_pendulum_in_centimetres_and_y_up_swings_as_in_metres_and_z_up():
    assert swing(damped("pendulum_cm_y_up")) == pytest.approx(swing(damped("pendulum")), rel=1e-6)


@pytest.mark.parametrize(
    "misread",
    [
        ("metersPerUnit = 0.01", "metersPerUnit = 1"),
        ("kilogramsPerUnit = 0.001", "kilogramsPerUnit = 1"),
        ('upAxis = "Y"', 'upAxis = "Z"'),
    ],
)
def test_units_wrongly_read_are_noticed(misread):
    """The mutants: the same file, had one of its units not been honoured."""
    assert swing(damped("pendulum_cm_y_up", misread)) != pytest.approx(swing(damped("pendulum")), rel=1e-2)


def test_body_joint_and_gravity_come_out_in_si_and_z_up():
    model = read_stage(scene("pendulum_cm_y_up"))
    (body,), (joint,) = model.bodies, model.joints
    assert body.mass == pytest.approx(2)
    assert body.pose.position == pytest.approx((0, 0, 1.5))
    assert body.inertia == pytest.approx((0.02, 0.02, 0.02))
    assert body.pose.point(body.center_of_mass) == pytest.approx((0, 0, 0.7))
    assert model.gravity == pytest.approx((0, 0, -9.81), abs=1e-12)
    assert rotate(joint.frame0.orientation, joint.axis) == pytest.approx((0, 1, 0), abs=1e-12)


def test_drives_in_other_units_are_the_same_drives():
    in_si = scene("pendulum", API, tuple(part.format("Y", 0.5, 0.05, 12) for part in DRIVE))
    other = scene("pendulum_cm_y_up", API, tuple(part.format("Z", 0.5e7, 0.05e7, 12e7) for part in DRIVE))
    drive, same = read_stage(in_si).joints[0].drive, read_stage(other).joints[0].drive
    assert (drive.stiffness, drive.damping, drive.max_force) == pytest.approx(
        (0.5 * 180 / math.pi, 0.05 * 180 / math.pi, 12)
    )
    assert (same.stiffness, same.damping, same.max_force) == pytest.approx(
        (drive.stiffness, drive.damping, 12)
    )


def test_single_precision_numbers_are_read_as_they_were_written():
    model = read_stage(scene("cart", ('axis = "X"', 'axis = "X"\nfloat physics:upperLimit = 0.1')))
    assert model.joints[0].upper == 0.1
    assert model.gravity == (0.0, 0.0, -9.81)


@pytest.mark.parametrize("unit", ["metersPerUnit = 0", "metersPerUnit = -1"])
def test_a_unit_that_is_not_positive_is_refused(unit):
    with pytest.raises(ValueError, match="metersPerUnit"):
        read_stage(scene("pendulum", ("metersPerUnit = 1", unit)))


def test_x_up_is_turned_to_z_up():
    model = read_stage(
        scene(
            "pendulum",
            ('upAxis = "Z"', 'upAxis = "X"'),
            ("(0, 0, 1.5)\n        uniform", "(1.5, 0, 0)\n        uniform"),
        )
    )
    assert model.bodies[0].pose.position == pytest.approx((0, 0, 1.5), abs=1e-12)
