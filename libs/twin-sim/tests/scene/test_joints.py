"""Joints as read: frames, limits, start positions, own attributes, and which are refused."""

import math

import pytest
from scene_files import scene, six_joint_arm

from twin_sim.errors import SceneError
from twin_sim.scene import JointKind, read_stage

AXIS = 'uniform token physics:axis = "Y"'


def hinge(*lines, **changes):
    return read_stage(scene("pendulum", (AXIS, "\n".join([AXIS, *lines])))).joints[0]


def test_limits_in_degrees_become_radians():
    joint = hinge("float physics:lowerLimit = -90", "float physics:upperLimit = 45")
    assert (joint.lower, joint.upper) == pytest.approx((-math.pi / 2, math.pi / 4))


def test_a_joint_without_limits_has_none():
    joint = hinge()
    assert (joint.lower, joint.upper) == (None, None)


def test_one_limit_alone_is_one_limit():
    joint = hinge("float physics:upperLimit = 45")
    assert (joint.lower, joint.upper) == (None, pytest.approx(math.pi / 4))


def test_own_attributes_are_read_in_si():
    joint = hinge(
        "double hanzo:joint:friction = 0.1",
        "double hanzo:joint:damping = 0.2",
        "double hanzo:joint:armature = 0.3",
        "double hanzo:joint:effortOffset = -0.4",
        "double hanzo:joint:initialPosition = 0.5",
        "double hanzo:joint:initialVelocity = -0.6",
    )
    assert (joint.friction, joint.damping, joint.armature) == (0.1, 0.2, 0.3)
    assert (joint.effort_offset, joint.position, joint.velocity) == (-0.4, 0.5, -0.6)


def test_drive_targets_in_degrees_become_radians():
    source = scene(
        "two_joint_arm",
        ("targetPosition = 0", "targetPosition = 90\nfloat drive:angular:physics:targetVelocity = 180"),
    )
    drive = next(j for j in read_stage(source).joints if j.path.endswith("shoulder")).drive
    assert (drive.target_position, drive.target_velocity) == pytest.approx((math.pi / 2, math.pi))
    assert drive.max_force is None


@pytest.mark.parametrize("degrees", [30, -100, 170])
def test_a_joint_starts_where_its_bodies_stand(degrees):
    turned = (
        'uniform token[] xformOpOrder = ["xformOp:translate"]',
        f'float xformOp:rotateY = {degrees}\nuniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateY"]',
    )
    joint = read_stage(scene("pendulum", turned)).joints[0]
    assert joint.position == pytest.approx(math.radians(degrees), abs=1e-6)


def test_a_slider_starts_where_its_bodies_stand():
    moved = (
        "double size = 0.2",
        (
            "double size = 0.2\ndouble3 xformOp:translate = (0.4, 0, 0)\n"
            'uniform token[] xformOpOrder = ["xformOp:translate"]'
        ),
    )
    assert read_stage(scene("cart", moved)).joints[0].position == pytest.approx(0.4)


def test_a_joint_to_a_prim_inside_a_body_belongs_to_that_body():
    source = scene(
        "two_joint_arm",
        ("rel physics:body0 = </World/Arm/upper>", "rel physics:body0 = </World/Arm/upper/skin>"),
        ("localPos0 = (0.5, 0, 0)", "localPos0 = (0.25, 0, 0)"),
    )
    joint = next(j for j in read_stage(source).joints if j.path.endswith("elbow"))
    assert joint.body0 == "/World/Arm/upper"
    assert joint.frame0.position == pytest.approx((0.5, 0, 0))


def test_a_joint_to_a_prim_that_does_not_move_is_a_joint_to_the_world():
    source = scene(
        "pendulum",
        ("rel physics:body1", "rel physics:body0 = </World/stand>\n        rel physics:body1"),
        ("localPos0 = (0, 0, 1.5)", "localPos0 = (0, 0, 0.5)"),
        (
            'def Xform "arm"',
            (
                'def Xform "stand"\n{\ndouble3 xformOp:translate = (0, 0, 1)\n'
                'uniform token[] xformOpOrder = ["xformOp:translate"]\n}\ndef Xform "arm"'
            ),
        ),
    )
    joint = read_stage(source).joints[0]
    assert joint.body0 is None
    assert joint.frame0.position == pytest.approx((0, 0, 1.5))


def test_a_scaled_body_scales_where_its_joint_sits():
    source = scene(
        "pendulum",
        (
            "point3f physics:localPos0 = (0, 0, 1.5)",
            "point3f physics:localPos0 = (0, 0, 1.5)\npoint3f physics:localPos1 = (0, 0, 0.1)",
        ),
        (
            'uniform token[] xformOpOrder = ["xformOp:translate"]',
            'float3 xformOp:scale = (1, 1, 3)\nuniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]',
        ),
    )
    assert read_stage(source).joints[0].frame1.position == pytest.approx((0, 0, 0.3))


def test_a_disabled_joint_is_none():
    assert read_stage(scene("pendulum", (AXIS, AXIS + "\nbool physics:jointEnabled = 0"))).joints == ()


def test_six_joints_are_read_with_axes_and_frames():
    joints = read_stage(six_joint_arm()).joints
    assert [joint.kind for joint in joints] == [JointKind.REVOLUTE] * 6
    assert [joint.axis.index(1.0) for joint in joints] == [2, 1, 1, 2, 1, 2]
    assert all(joint.position == 0.0 for joint in joints)


BODY1 = "rel physics:body1 = </World/arm>"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            (AXIS, AXIS + "\nfloat physics:lowerLimit = 20\nfloat physics:upperLimit = 10"),
            "lower limit 20 deg is above",
        ),
        ((AXIS, AXIS + "\nfloat physics:lowerLimit = 20\nfloat physics:upperLimit = 20"), "can't move"),
        ((BODY1, "rel physics:body1 = </World/gone>"), "/World/gone, which isn't there"),
        ((BODY1, ""), "neither side is a body"),
        ((BODY1, BODY1 + "\nrel physics:body0 = </World/arm>"), "to itself"),
        (("PhysicsRevoluteJoint", "PhysicsSphericalJoint"), "PhysicsSphericalJoint"),
        ((AXIS, AXIS + "\ndouble hanzo:joint:friction = -1"), "friction"),
        ((AXIS, AXIS + "\ndouble hanzo:joint:armature = inf"), "armature"),
        ((AXIS, AXIS + '\nstring hanzo:joint:damping = "much"'), "not a number"),
        ((AXIS, AXIS + "\ndouble hanzo:joint:effortOffset = nan"), "effortOffset"),
    ],
)
def test_a_joint_that_cannot_be_is_refused_with_its_path_and_a_remedy(change, said):
    with pytest.raises(SceneError, match=said) as raised:
        read_stage(scene("pendulum", change))
    assert raised.value.path == "/World/hinge"
    assert raised.value.remedy
    assert isinstance(raised.value, ValueError)


def test_a_negative_stiffness_is_refused():
    with pytest.raises(SceneError, match="stiffness"):
        read_stage(scene("two_joint_arm", ("stiffness = 2", "stiffness = -2")))
