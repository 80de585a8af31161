import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_worker.domain.channels import channel_table
from sim_worker.domain.inventory import Inventory, JointMotion
from sim_worker.errors import BadMapping
from twin_common.definition import TwinDefinition
from twin_schemas.records import ChannelKind, ChannelRole

INVENTORY = Inventory(
    joints={"/Arm/elbow": JointMotion.ANGULAR, "/Rail/slide": JointMotion.LINEAR},
    bodies=frozenset({"/Arm/hand", "/Box"}),
    free=frozenset({"/Box"}),
)


def define(mapping, mode="realtime"):
    sources = [{"type": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "a/#", "mapping": mapping}]
    sync = {"mode": mode, "sources": sources if mapping else []}
    body = {"name": "arm", "scene": {"uri": "arm.usda"}, "engine": {"type": "mujoco"}, "sync": sync}
    return TwinDefinition.model_validate(body)


def table(mapping, mode="realtime"):
    return channel_table(define(mapping, mode), INVENTORY)


def test_a_path_without_attribute_is_a_joints_position_or_a_bodys_pose():
    rows = table({"a": "/Arm/elbow", "b": "/Box"})
    assert [(c.path, c.kind, c.unit) for c in rows] == [
        ("/Arm/elbow", ChannelKind.POSITION, "rad"),
        ("/Box", ChannelKind.POSE, "m"),
    ]


def test_effort_is_an_input_with_its_window_and_the_rest_is_observed():
    (effort,) = table({"a": {"target": "/Rail/slide.effort", "window_ms": 33}})
    assert (effort.role, effort.window_ns, effort.unit) == (ChannelRole.INPUT, 33_000_000, "N")


def test_a_joint_state_message_gives_position_velocity_and_effort_of_each_joint():
    rows = table({"m": {"joint_state": {"joints": {"one": "/Arm/elbow", "two": "/Rail/slide"}}}})
    assert [(c.path, c.kind.value) for c in rows] == [
        (path, kind) for path in ("/Arm/elbow", "/Rail/slide") for kind in ("position", "velocity", "effort")
    ]
    assert [c.index for c in rows] == list(range(6))


def test_two_sensors_of_one_value_share_a_channel():
    assert len(table({"a": "/Arm/elbow.position", "b": "/Arm/elbow"})) == 1


def test_two_mappings_that_contradict_each_other_are_refused():
    with pytest.raises(BadMapping) as refused:
        table({"a": "/Arm/elbow.effort", "b": {"target": "/Arm/elbow.effort", "role": "observed"}})
    assert refused.value.code == "channel_conflict"


@pytest.mark.parametrize(
    ("target", "code", "part"),
    [
        ("/Arm/elbo.position", "unknown_prim", "/Arm/elbow"),
        ("/World/Arm/hand", "unknown_prim", "/Arm/hand"),
        ("/Box.position", "unknown_channel", "map its pose"),
        ("/Arm/elbow.pose", "unknown_channel", "has no pose"),
        ("/Arm/elbow.colour", "unknown_channel", "position, velocity, effort, pose"),
        ({"target": "/Box", "role": "input"}, "unknown_channel", "can't drive"),
        ({"target": "/Arm/elbow", "unit": "mm"}, "unit_mismatch", "rad"),
    ],
)
def test_a_mapping_that_does_not_fit_says_what_does(target, code, part):
    with pytest.raises(BadMapping) as refused:
        table({"sensors/7": target})
    assert refused.value.code == code
    assert part in refused.value.message and "mapping.sensors/7" in refused.value.message


def test_a_twin_without_sources_observes_everything_that_moves():
    rows = table({}, mode="standalone")
    assert [(c.path, c.kind.value) for c in rows] == [
        ("/Arm/elbow", "position"),
        ("/Arm/elbow", "velocity"),
        ("/Rail/slide", "position"),
        ("/Rail/slide", "velocity"),
        ("/Box", "pose"),
    ]


TARGETS = ["/Arm/elbow", "/Arm/elbow.velocity", "/Arm/elbow.effort", "/Rail/slide", "/Box", "/Arm/hand.pose"]


@given(st.dictionaries(st.text("abcdef/", min_size=1, max_size=4), st.sampled_from(TARGETS), min_size=1))
def test_every_mapping_of_what_exists_gives_each_channel_once_and_in_order(mapping):
    rows = table(mapping)
    assert [c.index for c in rows] == list(range(len(rows)))
    assert len({(c.path, c.kind) for c in rows}) == len(rows) == len(set(mapping.values()))
