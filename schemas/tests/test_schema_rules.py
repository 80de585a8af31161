"""Schema files follow the catalogue's own rules."""

import pytest

from twin_schemas.errors import InvalidSchema
from twin_schemas.gate import schemas


def findings(workspace):
    return schemas.findings(workspace.schemas())


def test_good_schemas_pass(workspace):
    assert findings(workspace) == []


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (["double", "long"], "whole numbers stand before real ones"),
        ({"type": "array", "items": "null"}, "items of no size"),
        (("long", "x"), "must match schema type"),
        ((["null", "long"], 3), "the default doesn't fit"),
        ("hanzo.twin.Frame", "contains itself"),
    ],
)
def test_a_bad_field_is_named(workspace, kind, complaint):
    workspace.record("Frame", tick=kind)
    found = findings(workspace)
    assert any(finding.startswith("hanzo.twin.Frame") and complaint in finding for finding in found)


@pytest.mark.parametrize("name", ["Tick", "tickNumber", "_tick"])
def test_a_field_name_in_another_style_is_refused(workspace, name):
    workspace.record("Frame", **{name: "long"})
    assert findings(workspace) == [f"hanzo.twin.Frame.{name}: field names are written like_this"]


def test_documentation_is_asked_for(workspace):
    workspace.write({"type": "record", "name": "Frame", "fields": [{"name": "tick", "type": "long"}]})
    assert findings(workspace) == [
        "hanzo.twin.Frame: doc is missing",
        "hanzo.twin.Frame.tick: doc is missing",
    ]


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ({"type": "record", "name": "Frame", "fields": []}, "a record needs fields"),
        ({"type": "record", "name": "Frame", "namespace": "other", "fields": []}, "the namespace must be"),
        ({"type": "array", "name": "Frame", "items": "int"}, "must define one record or enum"),
        (
            {"type": "record", "name": "Frame", "fields": [{"name": "a", "type": "hanzo.twin.No"}]},
            "no schema file defines",
        ),
        (
            {
                "type": "record",
                "name": "Frame",
                "fields": [{"name": "a", "type": {"type": "string", "logicalType": "uuid"}}],
            },
            "plain Avro types only",
        ),
    ],
)
def test_a_file_that_can_not_be_loaded_is_named(workspace, schema, complaint):
    workspace.write(schema)
    with pytest.raises(InvalidSchema, match=complaint) as refused:
        workspace.schemas()
    assert "Frame" in str(refused.value)


def test_a_type_defined_inside_another_is_a_type_of_its_own(workspace):
    inner = {"type": "enum", "name": "Mode", "doc": "Mode.", "symbols": ["a"]}
    workspace.write(
        {
            "type": "record",
            "name": "Frame",
            "doc": "A Frame.",
            "fields": [
                {"name": "first", "type": inner, "doc": "First."},
                {"name": "second", "type": "Mode", "doc": "Second."},
            ],
        }
    )
    frame = workspace.schemas().self_contained("hanzo.twin.Frame")
    assert frame["fields"][0]["type"]["symbols"] == ["a"]
    assert frame["fields"][1]["type"] == "hanzo.twin.Mode"
