"""Nothing is left out in silence: each thing that isn't carried over is a warning with its path."""

import re
from pathlib import Path

import pytest
from scene_files import scene, six_joint_arm

import twin_sim
from twin_sim.scene import read_stage

AXIS = 'uniform token physics:axis = "Y"'


def added(text, name="pendulum"):
    """A scene with more prims in /World."""
    body = scene(name).decode().rstrip()
    assert body.endswith("}")
    return (body[:-1] + text + "\n}\n").encode()


def said(source):
    return {(warning.path, warning.code) for warning in read_stage(source).warnings}


@pytest.mark.parametrize("name", ["pendulum", "cart", "box_on_plane", "box_drop", "two_joint_arm"])
def test_a_scene_that_is_carried_over_whole_has_no_warning(name):
    assert said(scene(name)) == set()


def test_the_six_joint_arm_has_no_warning():
    assert said(six_joint_arm()) == set()


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ('def Camera "eye" {}', "eye", "not_rendered"),
        ('def DistantLight "sun" {}', "sun", "not_rendered"),
        ('def Cube "deco" {}', "deco", "not_rendered"),
        ('def Mesh "hull" (prepend apiSchemas = ["PhysicsCollisionAPI"]) {}', "hull", "unsupported_shape"),
        ('def Cone "cone" (prepend apiSchemas = ["PhysicsCollisionAPI"]) {}', "cone", "unsupported_shape"),
        (
            'def Cube "c" (prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsMeshCollisionAPI"]) {}',
            "c",
            "mesh_collision",
        ),
        ('def PointInstancer "many" {}', "many", "point_instancer"),
        ('def PhysicsCollisionGroup "group" {}', "group", "collision_group"),
        ('def PhysicsScene "again" {}', "again", "second_scene"),
        ('def Xform "pair" (prepend apiSchemas = ["PhysicsFilteredPairsAPI"]) {}', "pair", "filtered_pairs"),
        ('def Xform "x" {\nfloat physxRigidBody:linearDamping = 1\n}', "x", "foreign_attributes"),
        ('def Xform "x" (prepend apiSchemas = ["PhysxRigidBodyAPI"]) {}', "x", "foreign_attributes"),
        ('def Xform "x" {\nfloat hanzo:joint:friction = 1\n}', "x", "unknown_attribute"),
        (
            (
                'def Sphere "egg" (prepend apiSchemas = ["PhysicsCollisionAPI"])\n{\nfloat3 xformOp:scale = (1, 1, 2)\n'
                'uniform token[] xformOpOrder = ["xformOp:scale"]\n}'
            ),
            "egg",
            "uneven_scale",
        ),
        (
            (
                'def Xform "x"\n{\ndouble3 xformOp:translate.timeSamples = { 0: (0, 0, 0), 1: (1, 0, 0) }\n'
                'uniform token[] xformOpOrder = ["xformOp:translate"]\n}'
            ),
            "x",
            "animated",
        ),
        (
            (
                'def Cube "k" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"])\n'
                "{\nbool physics:kinematicEnabled = 1\n}"
            ),
            "k",
            "kinematic",
        ),
        (
            (
                'def Cube "s" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"])\n'
                "{\nbool physics:startsAsleep = 1\n}"
            ),
            "s",
            "starts_asleep",
        ),
        (
            (
                'def Plane "p" (\n'
                'prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI", "PhysicsCollisionAPI"]\n'
                ")\n{\nfloat physics:mass = 1\nfloat3 physics:diagonalInertia = (1, 1, 1)\n}"
            ),
            "p",
            "plane_on_body",
        ),
    ],
)
def test_a_prim_that_is_left_out_is_a_warning(text, name, code):
    assert said(added(text)) == {(f"/World/{name}", code)}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("float physics:breakForce = 100", "unbreakable"),
        ("double hanzo:joint:stickiness = 1", "unknown_attribute"),
        ("float physics:lowerLimit = 10", "starts_outside_limits"),
        ("point3f physics:localPos1 = (0, 0, 0.2)", "frames_apart"),
        ("float physxJoint:jointFriction = 1", "foreign_attributes"),
    ],
)
def test_a_part_of_a_joint_that_is_left_out_is_a_warning(line, code):
    assert said(scene("pendulum", (AXIS, f"{AXIS}\n{line}"))) == {("/World/hinge", code)}


@pytest.mark.parametrize(
    ("api", "line", "code"),
    [
        (
            "PhysicsDriveAPI:angular",
            'uniform token drive:angular:physics:type = "acceleration"',
            "acceleration_drive",
        ),
        ("PhysicsDriveAPI:rotX", "", "other_freedom"),
        ("PhysicsLimitAPI:transX", "", "other_freedom"),
    ],
)
def test_a_drive_or_limit_that_is_left_out_is_a_warning(api, line, code):
    source = scene(
        "pendulum", ('"hinge"', f'"hinge" (prepend apiSchemas = ["{api}"])'), (AXIS, f"{AXIS}\n{line}")
    )
    assert said(source) == {("/World/hinge", code)}


def test_a_velocity_that_a_joint_forbids_is_a_warning():
    source = scene(
        "pendulum", ("physics:mass = 2", "physics:mass = 2\n        vector3f physics:velocity = (1, 0, 0)")
    )
    assert said(source) == {("/World/arm", "jointed_velocity")}


def test_a_sheared_collider_is_a_warning():
    text = (
        'def Xform "a"\n{\nfloat3 xformOp:scale = (1, 1, 3)\nuniform token[] xformOpOrder = ["xformOp:scale"]\n'
        'def Cube "b" (prepend apiSchemas = ["PhysicsCollisionAPI"])\n{\nfloat xformOp:rotateX = 30\n'
        'uniform token[] xformOpOrder = ["xformOp:rotateX"]\n}\n}'
    )
    assert said(added(text)) == {("/World/a/b", "sheared")}


def test_a_warning_reads_as_one_line_with_path_and_code():
    (warning,) = read_stage(added('def Camera "eye" {}')).warnings
    assert str(warning) == "/World/eye: a Camera has no part in the physics [not_rendered]"


def test_every_code_that_is_said_is_explained_in_the_documentation():
    sources = Path(twin_sim.__file__).parent
    said_in = [*sources.glob("scene/**/*.py"), *sources.glob("engines/**/*.py")]
    pattern = re.compile(r'(?:\.warn\(\s*\w+|SceneWarning\(\s*[\w.]+),\s*"(\w+)"')
    codes = {code for path in said_in for code in pattern.findall(path.read_text())}
    assert len(codes) >= 20
    explained = (Path(__file__).parents[4] / "docs" / "scene-attributes.md").read_text()
    assert {code for code in codes if f"`{code}`" not in explained} == set()
