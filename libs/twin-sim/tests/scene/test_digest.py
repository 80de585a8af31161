"""Digest and canonical form: the same scene has the same ones, however it is encoded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pxr import Usd
from scene_files import scene, six_joint_arm

from twin_sim.errors import SceneError
from twin_sim.scene import SceneModel, read_stage
from twin_sim.scene.model import Body, Collider, Drive, Joint, JointKind, Material
from twin_sim.scene.shapes import Box, Capsule, Cylinder, Plane, Sphere
from twin_sim.scene.spatial import Pose

SCENES = {name: scene(name) for name in ("pendulum", "cart", "box_on_plane", "box_drop", "two_joint_arm")}
SCENES["six_joint_arm"] = six_joint_arm()


@pytest.mark.parametrize("name", SCENES)
def test_the_digest_survives_encoding_as_crate_and_flattening(name, tmp_path):
    source = SCENES[name]
    (tmp_path / "a.usda").write_bytes(source)
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    stage.Export(str(tmp_path / "b.usdc"))
    digest = read_stage(source).digest()
    assert read_stage(tmp_path / "b.usdc").digest() == digest
    assert read_stage((tmp_path / "b.usdc").read_bytes()).digest() == digest
    assert read_stage(str(tmp_path / "a.usda")).digest() == digest


def test_the_digest_changes_with_the_smallest_change_of_a_number():
    changed = scene("pendulum", ("translate = (0, 0, 1.5)", "translate = (0, 0, 1.5000000000000002)"))
    assert read_stage(changed).digest() != read_stage(SCENES["pendulum"]).digest()


def test_the_digest_does_not_change_with_order_names_of_layers_or_comments():
    text = SCENES["box_on_plane"].decode()
    start, end = text.index("    def Plane"), text.index("    def Cube")
    swapped = text[:start] + text[end:].rstrip()[:-1] + "\n# a comment\n" + text[start:end] + "}\n"
    assert read_stage(swapped.encode()).digest() == read_stage(SCENES["box_on_plane"]).digest()


def test_a_changed_file_is_read_anew(tmp_path):
    path = tmp_path / "scene.usda"
    path.write_bytes(SCENES["pendulum"])
    kept = Usd.Stage.Open(str(path))  # keeps the layer in USD's cache
    path.write_bytes(scene("pendulum", ("physics:mass = 2", "physics:mass = 2.5")))
    assert read_stage(path).bodies[0].mass == 2.5
    assert kept


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_survives_its_canonical_form(name):
    model = read_stage(SCENES[name])
    again = SceneModel.from_json(model.to_json())
    assert again == model
    assert again.to_json() == model.to_json()
    assert again.digest() == model.digest()


numbers = st.floats(allow_nan=False, allow_infinity=False)
vectors = st.tuples(numbers, numbers, numbers)
poses = st.builds(Pose, vectors, st.tuples(numbers, numbers, numbers, numbers))
shapes = st.one_of(
    st.builds(Box, vectors),
    st.builds(Sphere, numbers),
    st.builds(Capsule, numbers, numbers),
    st.builds(Cylinder, numbers, numbers),
    st.just(Plane()),
)
paths = st.text(min_size=1)
models = st.builds(
    SceneModel,
    bodies=st.lists(st.builds(Body, paths, poses, numbers, vectors, vectors), max_size=2).map(tuple),
    joints=st.lists(
        st.builds(
            Joint,
            paths,
            st.sampled_from(JointKind),
            st.none() | paths,
            st.none() | paths,
            poses,
            poses,
            lower=st.none() | numbers,
            drive=st.none() | st.builds(Drive, numbers, numbers, st.none() | numbers),
            bodies_collide=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    colliders=st.lists(st.builds(Collider, paths, st.none() | paths, poses, shapes), max_size=3).map(tuple),
    materials=st.lists(st.builds(Material, paths, numbers, numbers, numbers), max_size=2).map(tuple),
    gravity=vectors,
    scene_path=st.none() | paths,
)


@given(models)
def test_any_scene_survives_its_canonical_form_bit_by_bit(model):
    assert SceneModel.from_json(model.to_json()).to_json() == model.to_json()
    assert SceneModel.from_json(model.to_json()) == model


def test_minus_zero_is_zero():
    def at(x):
        return SceneModel((), (), (), (), (x, 0.0, -9.81))

    assert at(-0.0).digest() == at(0.0).digest()


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: plain.pop("bodies"),
        lambda plain: plain.update(format=99),
        lambda plain: plain.update(extra=1),
        lambda plain: plain["bodies"][0].update(mass="heavy"),
        lambda plain: plain["bodies"][0].update(mass=True),
        lambda plain: plain["joints"][0].update(kind="rubber"),
        lambda plain: plain.update(gravity=[0.0, 1.0]),
        lambda plain: plain.update(gravity=3.0),
    ],
)
def test_a_damaged_canonical_form_is_refused(damage):
    plain = json.loads(read_stage(SCENES["pendulum"]).to_json())
    damage(plain)
    with pytest.raises(SceneError, match="not a compiled scene"):
        SceneModel.from_json(json.dumps(plain))


@given(st.text())
def test_text_that_is_no_scene_is_refused(text):
    with pytest.raises(SceneError):
        SceneModel.from_json(text)
