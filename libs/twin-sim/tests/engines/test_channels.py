"""Channels: what they read, set and shift, and what they refuse."""

import math

import pytest
from scene_files import scene

from twin_sim.engines.api import ChannelKind, ChannelSpec
from twin_sim.errors import ChannelError, ChannelValueError

HINGE, ARM, BOX = "/World/hinge", "/World/arm", "/World/box"
POSE = ChannelKind.POSE
DT = 0.001


def bound(model, *channels):
    simulation = model.simulate(DT)
    return simulation, simulation.bind([ChannelSpec(path, ChannelKind(kind)) for path, kind in channels])


def test_channels_read_what_was_written(model_of):
    _, view = bound(model_of(scene("pendulum")), (HINGE, "position"), (HINGE, "velocity"), (HINGE, "effort"))
    for index, value in enumerate([0.5, -1.5, 2.5]):
        view.write(index, [value])
    assert view.read() == [[0.5], [-1.5], [2.5]]
    assert view.read_flat() == [0.5, -1.5, 2.5]


@pytest.mark.parametrize(
    "channels",
    [
        [("shoulder", "position"), ("shoulder", "velocity"), ("elbow", "position"), ("elbow", "velocity")],
        [("shoulder", "position"), ("elbow", "position"), ("shoulder", "velocity"), ("elbow", "velocity")],
        [("elbow", "velocity"), ("shoulder", "position")],
        [("elbow", "velocity")],
        [("elbow", "velocity"), ("shoulder", "effort")],
    ],
)
def test_a_flat_reading_has_the_same_numbers_in_the_same_order(model_of, channels):
    simulation, view = bound(
        model_of(scene("two_joint_arm")), *((f"/World/Arm/{name}", kind) for name, kind in channels)
    )
    for index in range(len(channels)):
        view.write(index, [0.1 * (index + 1)])
    simulation.step(3)
    assert view.read_flat() == [number for numbers in view.read() for number in numbers]


def test_adding_shifts_a_channel(model_of):
    _, view = bound(model_of(scene("pendulum")), (HINGE, "position"), (HINGE, "velocity"), (HINGE, "effort"))
    for index in range(3):
        view.write(index, [1.0])
        view.add(index, [0.25])
    assert view.read() == [[1.25], [1.25], [1.25]]


def test_a_pose_is_shifted_and_turned_in_the_world_frame(model_of):
    _, view = bound(model_of(scene("box_drop")), (BOX, "pose"))
    half = math.sqrt(0.5)
    view.write(0, [1, 2, 3, half, half, 0, 0])  # a quarter turn about x
    view.add(0, [0.1, 0.2, 0.3, 0, 0, math.pi / 2])  # then one about the world's z
    assert view.read()[0] == pytest.approx([1.1, 2.2, 3.3, 0.5, 0.5, 0.5, 0.5], abs=1e-12)


def test_a_written_rotation_is_brought_to_unit_length(model_of):
    _, view = bound(model_of(scene("box_drop")), (BOX, "pose"))
    view.write(0, [0, 0, 0, 2, 0, 0, 0])
    assert view.read()[0] == [0, 0, 0, 1, 0, 0, 0]


def test_the_pose_of_a_jointed_body_follows_its_joint_at_once(model_of):
    _, view = bound(
        model_of(scene("two_joint_arm")), ("/World/Arm/elbow", "position"), ("/World/Arm/fore", "pose")
    )
    view.write(0, [math.pi / 2])
    half = math.sqrt(0.5)
    assert view.read()[1] == pytest.approx([0.5, 0, 0, half, 0, half, 0], abs=1e-12)


def test_the_pose_of_a_jointed_body_is_that_after_the_step(model_of):
    simulation, view = bound(model_of(scene("pendulum")), (HINGE, "position"), (ARM, "pose"))
    view.write(0, [1.0])
    simulation.step(100)
    (angle,), pose = view.read()
    assert pose[3:] == pytest.approx([math.cos(angle / 2), 0, math.sin(angle / 2), 0], abs=1e-12)


def test_a_derived_pose_cannot_be_set(model_of):
    _, view = bound(model_of(scene("pendulum")), (ARM, "pose"))
    with pytest.raises(ChannelValueError, match="joints"):
        view.write(0, [0, 0, 0, 1, 0, 0, 0])
    with pytest.raises(ChannelValueError, match="joints"):
        view.add(0, [0] * 6)


@pytest.mark.parametrize("values", [[math.nan], [math.inf], [], [1.0, 2.0]])
def test_a_channel_refuses_values_that_cannot_be(model_of, values):
    _, view = bound(model_of(scene("pendulum")), (HINGE, "position"))
    with pytest.raises(ChannelValueError, match=HINGE):
        view.write(0, values)
    with pytest.raises(ChannelValueError, match=HINGE):
        view.add(0, values)
    assert view.read() == [[0.0]]


def test_a_pose_without_a_rotation_is_refused(model_of):
    _, view = bound(model_of(scene("box_drop")), (BOX, "pose"))
    with pytest.raises(ChannelValueError, match="rotation"):
        view.write(0, [0] * 7)


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        (HINGE, "pose", "position, velocity, effort"),
        (ARM, "velocity", "offers pose"),
        ("/World/nothing", "position", "/World/arm"),
    ],
)
def test_a_channel_that_is_not_there_is_an_error_that_names_what_is(model_of, path, kind, said):
    with pytest.raises(ChannelError, match=said) as raised:
        bound(model_of(scene("pendulum")), (path, kind))
    assert path in str(raised.value)
    assert isinstance(raised.value, KeyError)


def test_an_observation_has_values_kind_and_unit(model_of):
    simulation, view = bound(model_of(scene("pendulum")), (HINGE, "velocity"))
    view.write(0, [0.75])
    seen = simulation.get_observation(f"{HINGE}.velocity")
    assert (seen.kind, seen.unit, seen.values) == (ChannelKind.VELOCITY, "rad/s", (0.75,))
    assert simulation.get_observation(f"{HINGE}.effort").unit == "N*m"
    assert len(simulation.get_observation(f"{ARM}.pose").values) == 7


@pytest.mark.parametrize("path", ["", "hinge", "/World/hinge", "/World/hinge.temperature"])
def test_a_sensor_path_without_a_known_kind_is_refused(model_of, path):
    simulation, _ = bound(model_of(scene("pendulum")))
    with pytest.raises(ChannelError, match="position"):
        simulation.get_observation(path)


def test_a_model_lists_all_its_channels(model_of):
    listed = {(spec.path, spec.kind.value) for spec in model_of(scene("pendulum")).channels}
    assert listed == {(HINGE, "position"), (HINGE, "velocity"), (HINGE, "effort"), (ARM, "pose")}
