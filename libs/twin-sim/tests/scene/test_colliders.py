"""Colliders, surfaces and gravity as read."""

import math

import pytest
from scene_files import scene
from scipy.spatial.transform import Rotation

from twin_sim.errors import SceneError
from twin_sim.scene import Material, read_stage
from twin_sim.scene.shapes import Box, Capsule, Cylinder, Plane, Sphere
from twin_sim.scene.spatial import rotate


def collider(source, name):
    return next(c for c in read_stage(source).colliders if c.path.endswith(name))


def test_a_scaled_cube_is_a_box():
    assert collider(scene("box_drop"), "box").shape == Box(pytest.approx((0.1, 0.2, 0.3)))


def test_a_capsule_along_x_is_turned_there():
    found = collider(scene("two_joint_arm"), "upper/skin")
    assert found.shape == Capsule(0.05, 0.25)
    assert rotate(found.pose.orientation, (0, 0, 1)) == pytest.approx((1, 0, 0), abs=1e-12)
    assert found.pose.position == pytest.approx((0.25, 0, 0))
    assert found.body == "/World/Arm/upper"


@pytest.mark.parametrize(("axis", "direction"), [("X", (1, 0, 0)), ("Y", (0, 1, 0)), ("Z", (0, 0, 1))])
def test_a_plane_faces_along_its_axis(axis, direction):
    found = collider(scene("box_on_plane", ('axis = "Z"', f'axis = "{axis}"')), "floor")
    assert found.shape == Plane()
    assert found.body is None
    assert rotate(found.pose.orientation, (0, 0, 1)) == pytest.approx(direction, abs=1e-12)


def test_a_cylinder_scaled_along_its_axis_is_longer():
    source = scene(
        "two_joint_arm",
        (
            "double3 xformOp:translate = (0.2, 0, 0)",
            "double3 xformOp:translate = (0.2, 0, 0)\nfloat3 xformOp:scale = (2, 1, 1)",
        ),
        (
            'xformOpOrder = ["xformOp:translate"]\n            }\n        }\n    }\n}',
            'xformOpOrder = ["xformOp:translate", "xformOp:scale"]\n            }\n        }\n    }\n}',
        ),
    )
    assert collider(source, "fore/skin").shape == Cylinder(0.04, pytest.approx(0.4))


def test_a_turned_parent_turns_the_collider():
    source = scene(
        "box_drop",
        (
            'def Xform "World"\n{',
            (
                'def Xform "World"\n{\nfloat3 xformOp:rotateXYZ = (10, 20, 30)\n'
                'uniform token[] xformOpOrder = ["xformOp:rotateXYZ"]'
            ),
        ),
    )
    body = read_stage(source).bodies[0]
    turn = Rotation.from_euler("xyz", [10, 20, 30], degrees=True)
    w, x, y, z = body.pose.orientation
    assert (Rotation.from_quat([x, y, z, w]).inv() * turn).magnitude() == pytest.approx(0, abs=1e-6)
    assert body.pose.position == pytest.approx(turn.apply([1, 2, 30]), abs=1e-6)


def test_a_disabled_collider_is_none():
    source = scene(
        "box_on_plane",
        ('uniform token axis = "Z"', 'uniform token axis = "Z"\nbool physics:collisionEnabled = 0'),
    )
    assert [c.path for c in read_stage(source).colliders] == ["/World/box"]


def test_a_surface_is_read_by_its_binding():
    model = read_stage(scene("box_on_plane"))
    assert model.materials == (Material("/World/rubber", 0.4, 0.4, 0.0),)
    assert {c.material for c in model.colliders} == {"/World/rubber"}


def test_a_friction_that_is_not_given_is_the_other_one():
    model = read_stage(scene("box_on_plane", ("float physics:dynamicFriction = 0.4", "")))
    assert model.materials[0].dynamic_friction == 0.4


def test_a_shape_below_no_body_stands_in_the_world():
    source = scene("box_on_plane", ('"PhysicsRigidBodyAPI", "PhysicsMassAPI", ', ""))
    model = read_stage(source)
    assert model.bodies == ()
    assert collider(source, "box").pose.position == pytest.approx((0, 0, 0.105))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", (0, 0, -9.81)),
        ("float physics:gravityMagnitude = 1.62", (0, 0, -1.62)),
        ("float physics:gravityMagnitude = -1", (0, 0, -9.81)),
        ("vector3f physics:gravityDirection = (3, 0, -4)\nfloat physics:gravityMagnitude = 10", (6, 0, -8)),
        ("float physics:gravityMagnitude = 0", (0, 0, 0)),
    ],
)
def test_gravity_is_read_as_usd_means_it(lines, expected):
    model = read_stage(scene("pendulum", ("float physics:gravityMagnitude = 9.81", lines)))
    assert model.gravity == pytest.approx(expected)


def test_without_a_physics_scene_gravity_is_the_earths():
    source = scene(
        "pendulum",
        ('def PhysicsScene "Physics"', 'def Scope "Physics"'),
        ("float physics:gravityMagnitude = 9.81", ""),
    )
    model = read_stage(source)
    assert (model.gravity, model.scene_path) == ((0.0, 0.0, -9.81), None)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("box_on_plane", ("double size = 0.2", "double size = 0"), "size"),
        ("box_on_plane", ("double size = 0.2", "double size = -1"), "size"),
        ("two_joint_arm", ("double radius = 0.05", "double radius = inf"), "radius"),
        ("box_drop", ("scale = (0.2, 0.4, 0.6)", "scale = (0.2, 0, 0.6)"), "scale"),
        ("box_on_plane", ("dynamicFriction = 0.4", "dynamicFriction = -0.4"), "dynamicFriction"),
    ],
)
def test_a_shape_or_surface_that_cannot_be_is_refused(name, change, said):
    with pytest.raises(SceneError, match=said) as raised:
        read_stage(scene(name, change))
    assert raised.value.path.startswith("/World/")


def test_a_mirrored_body_keeps_its_size_and_has_a_proper_rotation():
    found = read_stage(scene("box_drop", ("scale = (0.2, 0.4, 0.6)", "scale = (-0.2, 0.4, 0.6)")))
    assert found.colliders[0].shape == Box(pytest.approx((0.1, 0.2, 0.3)))
    assert math.hypot(*found.bodies[0].pose.orientation) == pytest.approx(1)


def test_a_sphere_is_a_sphere():
    source = scene(
        "box_on_plane", ('def Cube "box"', 'def Sphere "box"'), ("double size = 0.2", "double radius = 0.3")
    )
    assert collider(source, "box").shape == Sphere(0.3)
