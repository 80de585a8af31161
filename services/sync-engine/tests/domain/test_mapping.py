"""What a message means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_engine.domain.mapping import Mapping
from sync_engine.domain.topics import matches, remainder
from sync_engine.errors import PayloadRefused
from twin_common.definition import MqttSource
from twin_schemas.records import Channel, ChannelKind, ChannelRole

ARM, BOX = "/World/Arm/elbow", "/World/Box"
CHANNELS = [
    Channel(0, ARM, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, ARM, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
    Channel(2, ARM, ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
    Channel(3, BOX, ChannelKind.POSE, "m", ChannelRole.OBSERVED),
]


def mapping(targets: dict | None = None, topic: str = "plant/#", **named) -> Mapping:
    source = MqttSource.model_validate(
        {
            "type": "mqtt",
            "broker": "mqtt://127.0.0.1:1883",
            "topic": topic,
            "mapping": {**(targets or {}), **named},
        }
    )
    return Mapping(source, CHANNELS)


def refused(call, *args) -> str:
    with pytest.raises(PayloadRefused) as caught:
        call(*args)
    return caught.value.reason


def test_the_full_topic_goes_before_the_remainder_and_that_before_the_id():
    both = mapping({"plant/a": f"{ARM}.position", "a": f"{ARM}.velocity", "seven": f"{ARM}.effort"})
    assert both.map("plant/a", {"id": "seven", "value": 1}).samples == [(0, [1.0])]
    only_remainder = mapping(a=f"{ARM}.velocity", seven=f"{ARM}.effort")
    assert only_remainder.map("plant/a", {"id": "seven", "value": 1}).samples == [(1, [1.0])]
    assert only_remainder.map("plant/b", {"id": "seven", "value": 1}).samples == [(2, [1.0])]
    assert refused(only_remainder.map, "plant/b", {"id": "eight", "value": 1}) == "unmapped"


def test_a_path_without_an_attribute_means_the_position_of_a_joint_and_the_pose_of_anything_else():
    both = mapping(a=ARM, b=BOX)
    assert both.map("plant/a", 1.5).samples == [(0, [1.5])]
    assert both.map("plant/b", [1, 2, 3, 2, 0, 0, 0]).samples == [(3, [1.0, 2.0, 3.0, 1.0, 0.0, 0.0, 0.0])]


def test_values_become_si_after_scale_and_offset():
    degrees = mapping(
        a={"target": f"{ARM}.position", "unit": "deg", "scale": 0.1, "offset": -5, "field": "v.raw"}
    )
    ((_, (radians,)),) = degrees.map("plant/a", {"v": {"raw": 1850}}).samples
    assert math.isclose(radians, math.pi)


def test_a_joint_state_message_gives_a_sample_for_each_joint_and_quantity():
    joints = mapping(a={"time": "stamp", "time_unit": "ms", "joint_state": {"joints": {"elbow": ARM}}})
    message = {"stamp": 5, "name": ["wrist", "elbow"], "position": [0, 1], "velocity": [0, 2], "effort": []}
    assert joints.map("plant/a", message) == (5_000_000, [(0, [1.0]), (1, [2.0])])


def test_nothing_of_a_message_is_used_when_a_part_of_it_is_wrong():
    joints = mapping(a={"joint_state": {"joints": {"elbow": ARM}}})
    assert (
        refused(joints.map, "plant/a", {"name": ["elbow"], "position": [1], "velocity": [None]})
        == "wrong_shape"
    )
    assert refused(joints.map, "plant/a", {"name": ["elbow"], "position": [1, 2]}) == "wrong_shape"
    assert refused(joints.map, "plant/a", {"position": [1, 2]}) == "missing_field"
    assert refused(joints.map, "plant/a", {"name": ["wrist"], "position": [1]}) == "unmapped"


def test_a_target_that_the_twin_has_no_channel_for_is_named():
    other = mapping(a="/World/Nobody.position", b=f"{ARM}.position")
    assert other.unknown == ["/World/Nobody.position"]
    assert refused(other.map, "plant/a", 1) == "unmapped"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=7)
        | st.dictionaries(st.sampled_from(["value", "id", "name", "position", "v", "t"]), inner, max_size=4)
    ),
    max_leaves=15,
)
EVERYTHING = mapping(
    a={"target": f"{ARM}.position", "scale": 1e300, "unit": "deg"},
    b=BOX,
    c={"joint_state": {"joints": {"elbow": ARM}}},
    d={"target": f"{ARM}.effort", "field": "v.0", "time": "t"},
)


@given(st.sampled_from(["a", "b", "c", "d", "e", "a/b"]), JSON)
def test_any_message_gives_finite_samples_of_the_right_size_or_is_refused(last, value):
    try:
        mapped = EVERYTHING.map(f"plant/{last}", value)
    except PayloadRefused:
        return
    assert mapped.samples
    for channel, values in mapped.samples:
        assert len(values) == (7 if channel == 3 else 1)
        assert all(math.isfinite(number) for number in values)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "rest"),
    [
        ("a/#", "a/b/c", "b/c"),
        ("a/#", "a", ""),
        ("a/+/c/+", "a/b/c/d", "b/d"),
        ("a/b", "a/b", ""),
        ("#", "a/b", "a/b"),
    ],
)
def test_the_remainder_is_what_the_wildcards_matched(topic_filter, topic, rest):
    assert matches(topic_filter, topic)
    assert remainder(topic_filter, topic) == rest


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [("a/+", "a/b/c"), ("a/+", "a"), ("a/b", "a/c"), ("#", "$SYS/x"), ("+/x", "$SYS/x")],
)
def test_other_topics_do_not_match(topic_filter, topic):
    assert not matches(topic_filter, topic)
