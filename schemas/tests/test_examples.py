"""The committed examples are real records, and an example that isn't is refused by file and field."""

import json

import pytest

from twin_schemas import codec, examples
from twin_schemas.errors import InvalidExample
from twin_schemas.jsonform import from_json, to_json
from twin_schemas.records import RECORD_TYPES, ObservationFrame, PendingCommand

FRAME = {"epoch": {"counter": 1, "writer": "w"}, "tick": 0, "readings": [], "commands_offset": -1}


@pytest.mark.parametrize("name", sorted(RECORD_TYPES))
def test_examples_survive_the_wire_and_json(name):
    loaded = examples.load(name)
    assert set(examples.KINDS) <= set(loaded)
    for record in loaded.values():
        assert codec.decode(codec.encode(record)) == record
        assert from_json(name, json.loads(json.dumps(to_json(record)))) == record


def test_minimal_examples_leave_optional_fields_out():
    assert not examples.load("ObservationFrame")["minimal"].gap
    assert examples.load("JointCommand")["minimal"].effect_time_ns is None


def test_a_union_of_records_names_its_branch():
    pending = examples.load("PendingCommand")["full"]
    assert isinstance(pending, PendingCommand)
    assert list(to_json(pending)["record"]) == [type(pending.record).__name__]


def test_numbers_that_json_lacks_are_strings():
    reading = {"channel": 0, "values": ["NaN", "Infinity", "-Infinity"], "time_ns": 0, "quality": "good"}
    record = from_json("Reading", reading)
    assert to_json(record) == reading


def test_a_field_with_a_default_may_be_left_out():
    record = from_json("ObservationFrame", FRAME)
    assert isinstance(record, ObservationFrame)
    assert record.gap is False


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"tick": "0"}, "ObservationFrame.tick"),
        ({"tick": True}, "ObservationFrame.tick"),
        ({"tock": 1}, "unknown fields: tock"),
        ({"epoch": {"counter": 1}}, "ObservationFrame.epoch.writer: missing"),
        ({"readings": {}}, "ObservationFrame.readings"),
        ({"readings": [{"channel": 1.5}]}, r"ObservationFrame.readings\[0\].channel"),
    ],
)
def test_a_value_that_does_not_fit_is_named(changes, place):
    with pytest.raises(InvalidExample, match=place):
        from_json("ObservationFrame", {**FRAME, **changes})


@pytest.mark.parametrize(
    ("type_name", "value", "place"),
    [
        ("Nothing", {}, "Nothing"),
        ("PendingCommand", {"offset": 1, "record": {"Epoch": {}}}, "PendingCommand.record"),
        (
            "PendingCommand",
            {"offset": 1, "record": {"JointCommand": {}}},
            "PendingCommand.record.JointCommand.epoch",
        ),
        (
            "SetJointCommand",
            {"twin": "t", "command_id": "c", "targets": [{"joint": "j", "mode": "x"}]},
            "mode",
        ),
    ],
)
def test_a_wrong_name_is_named(type_name, value, place):
    with pytest.raises(InvalidExample, match=place):
        from_json(type_name, value)


def test_bytes_that_are_not_hex_are_named():
    dead = to_json(examples.load("DeadLetter")["full"])
    with pytest.raises(InvalidExample, match=r"DeadLetter\.value: 'xyz' is not hex digits"):
        from_json("DeadLetter", {**dead, "value": "xyz"})


def test_a_type_without_examples_is_named(tmp_path):
    with pytest.raises(InvalidExample, match=r"examples/Epoch: no examples"):
        examples.load("Epoch", tmp_path)


@pytest.mark.parametrize("text", ["{", '{"counter": 1}'])
def test_a_bad_example_is_named_by_its_file(tmp_path, text):
    (tmp_path / "Epoch").mkdir()
    (tmp_path / "Epoch" / "odd.json").write_text(text)
    with pytest.raises(InvalidExample, match=r"examples/Epoch/odd\.json"):
        examples.load("Epoch", tmp_path)
