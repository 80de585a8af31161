"""Mass, centre and inertia: given ones, and those of shapes against Monte Carlo and text-book values."""

import numpy as np
import pytest
from scene_files import scene
from scipy.spatial.transform import Rotation

from twin_sim.errors import SceneError
from twin_sim.scene import read_stage
from twin_sim.scene.mass import Part, combined
from twin_sim.scene.shapes import Box, Capsule, Cylinder, Sphere
from twin_sim.scene.spatial import Pose

QUARTER = (np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0)
INSIDE = {
    Box((0.3, 0.5, 0.2)): lambda p: np.abs(p / [0.3, 0.5, 0.2]).max(axis=1) < 1,
    Sphere(0.4): lambda p: (p**2).sum(axis=1) < 0.16,
    Cylinder(0.3, 0.5): lambda p: (np.hypot(p[:, 0], p[:, 1]) < 0.3) & (np.abs(p[:, 2]) < 0.5),
    Capsule(0.3, 0.4): lambda p: (
        p[:, 0] ** 2 + p[:, 1] ** 2 + np.maximum(np.abs(p[:, 2]) - 0.4, 0) ** 2 < 0.09
    ),
}


@pytest.mark.parametrize("shape", INSIDE, ids=lambda shape: type(shape).__name__)
def test_volume_and_inertia_of_a_shape_are_those_of_its_points(shape):
    points = np.random.default_rng(7).uniform(-0.8, 0.8, (400_000, 3))
    inside = points[INSIDE[shape](points)]
    assert shape.volume == pytest.approx(len(inside) / len(points) * 1.6**3, rel=0.02)
    squares = (inside**2).mean(axis=0)
    expected = [squares[1] + squares[2], squares[0] + squares[2], squares[0] + squares[1]]
    assert shape.unit_inertia() == pytest.approx(expected, rel=0.02)


def tensor(properties):
    w, x, y, z = properties.axes
    axes = Rotation.from_quat([x, y, z, w]).as_matrix()
    return axes @ np.diag(properties.inertia) @ axes.T


def test_parts_add_up_to_a_body():
    """Two balls on a bar, tilted: mass, centre and full tensor by the parallel-axis theorem."""
    ball = Sphere(0.1)
    parts = [Part(2.0, Pose((1.0, 1.0, 0.0)), ball), Part(1.0, Pose((-0.5, 0.25, 0.3)), ball)]
    whole = combined(parts, 3.0)
    center = (2 * np.array([1, 1, 0]) + np.array([-0.5, 0.25, 0.3])) / 3
    expected = np.zeros((3, 3))
    for part in parts:
        arm = np.array(part.pose.position) - center
        expected += part.mass * (0.4 * 0.01 * np.eye(3) + arm @ arm * np.eye(3) - np.outer(arm, arm))
    assert whole.center == pytest.approx(center)
    assert tensor(whole) == pytest.approx(expected, abs=1e-12)


def test_a_turned_part_turns_its_inertia():
    whole = combined([Part(1.0, Pose(orientation=QUARTER), Cylinder(0.1, 0.5))], 2.0)
    along, across = 2 * 0.1**2 / 2, 2 * (0.1**2 / 4 + 0.5**2 / 3)
    assert tensor(whole) == pytest.approx(np.diag([along, across, across]), abs=1e-12)


def box(*changes):
    return read_stage(scene("box_drop", *changes)).bodies[0]


def test_density_and_scaled_size_give_the_mass():
    body = box()
    assert body.mass == pytest.approx(500 * 0.2 * 0.4 * 0.6)
    expected = [body.mass / 12 * (a * a + b * b) for a, b in ((0.4, 0.6), (0.2, 0.6), (0.2, 0.4))]
    assert body.inertia == pytest.approx(expected)


def test_a_given_mass_wins_over_density_and_scales_the_computed_inertia():
    body = box(("float physics:density = 500", "float physics:density = 500\n        float physics:mass = 7"))
    assert body.mass == 7
    assert body.inertia[0] == pytest.approx(7 / 12 * (0.4**2 + 0.6**2))


def test_without_mass_and_density_a_body_is_made_of_water():
    assert box(("float physics:density = 500", "")).mass == pytest.approx(1000 * 0.048)


def test_the_density_of_a_material_counts_below_that_of_the_body():
    material = (
        'def Cube "box" (',
        (
            'def Material "wood" (prepend apiSchemas = ["PhysicsMaterialAPI"])\n{\nfloat physics:density = 600\n}\n'
            'def Cube "box" ('
        ),
    )
    bound = ('"PhysicsCollisionAPI"]', '"PhysicsCollisionAPI", "MaterialBindingAPI"]')
    rel = ("double size = 1", "double size = 1\n        rel material:binding:physics = </World/wood>")
    assert box(material, bound, rel).mass == pytest.approx(500 * 0.048)
    assert box(material, bound, rel, ("float physics:density = 500", "")).mass == pytest.approx(600 * 0.048)


def test_a_centre_of_mass_is_given_in_the_scaled_space_of_the_prim():
    body = box(("double size = 1", "double size = 1\n        point3f physics:centerOfMass = (0.5, 0, 0)"))
    assert body.center_of_mass == pytest.approx((0.1, 0, 0))


def test_colliders_below_a_body_make_its_mass():
    source = scene(
        "two_joint_arm",
        ("float physics:mass = 1\n", ""),
        ("float3 physics:diagonalInertia = (0.002, 0.014, 0.014)", ""),
        ("point3f physics:centerOfMass = (0.2, 0, 0)", ""),
    )
    fore = next(b for b in read_stage(source).bodies if b.path.endswith("fore"))
    mass = 1000 * np.pi * 0.04**2 * 0.4
    assert fore.mass == pytest.approx(mass)
    assert fore.center_of_mass == pytest.approx((0.2, 0, 0))
    assert fore.inertia == pytest.approx((mass * 0.04**2 / 2, *[mass * (0.04**2 / 4 + 0.4**2 / 12)] * 2))


PENDULUM_MASS = ("float physics:mass = 2", "")
PENDULUM_INERTIA = ("float3 physics:diagonalInertia = (0.02, 0.02, 0.02)", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([PENDULUM_MASS, PENDULUM_INERTIA], "no mass and no shape"),
        ([PENDULUM_INERTIA], "no inertia and no shape"),
        ([("physics:mass = 2", "physics:mass = -2")], "negative"),
        ([("(0.02, 0.02, 0.02)", "(0.02, 0.02, 0)")], "isn't positive"),
        ([("(0.02, 0.02, 0.02)", "(0.02, -0.02, 0.02)")], "isn't positive"),
        ([("(0.02, 0.02, 0.02)", "(0.02, 0.02, 0.05)")], "impossible"),
        ([("physics:mass = 2", "physics:mass = nan")], "not a number"),
        ([("physics:mass = 2", "physics:mass = inf")], "finite"),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_its_path(changes, said):
    with pytest.raises(SceneError, match=said) as raised:
        read_stage(scene("pendulum", *changes))
    assert raised.value.path == "/World/arm"
    assert raised.value.remedy
