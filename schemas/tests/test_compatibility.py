"""The gate refuses what old and new readers couldn't read, and names the field by its path."""

import pytest

from twin_schemas.gate import compatibility

ARRAY_OF_DOUBLES = {"type": "array", "items": "double"}


def findings(workspace):
    return compatibility.findings(workspace.layout, workspace.known(), workspace.current())


def of_frame(workspace):
    return [finding for finding in findings(workspace) if finding.startswith("Frame:")]


def test_an_unchanged_schema_passes(workspace):
    assert findings(workspace) == []


def test_a_new_field_with_a_default_passes(workspace):
    workspace.record("Reading", channel="int", values=ARRAY_OF_DOUBLES, note=("string", ""))
    assert findings(workspace) == []


def test_changed_documentation_is_no_change(workspace):
    text = (workspace.layout.avro / "Reading.avsc").read_text()
    (workspace.layout.avro / "Reading.avsc").write_text(text.replace("A Reading.", "One measured value."))
    assert findings(workspace) == []
    assert workspace.release() == []


def test_a_removed_field_without_default_fails_in_the_old_reader(workspace):
    workspace.record("Frame", readings={"type": "array", "items": "hanzo.twin.Reading"})
    (finding,) = findings(workspace)
    assert finding.startswith("Frame: version 1 can't read the current schema: tick:")


def test_a_new_field_without_default_fails_in_the_new_reader(workspace):
    workspace.record("Reading", channel="int", values=ARRAY_OF_DOUBLES, quality="int")
    assert any(
        "the current schema can't read version 1: readings[].quality:" in found
        for found in of_frame(workspace)
    )


def test_a_field_removed_from_a_record_in_an_array_is_named_by_its_path(workspace):
    workspace.record("Reading", values=ARRAY_OF_DOUBLES)
    assert any(
        "version 1 can't read the current schema: readings[].channel:" in found
        for found in of_frame(workspace)
    )


def test_a_changed_type_in_a_record_in_an_array_is_named_by_its_path(workspace):
    workspace.record("Reading", channel="string", values=ARRAY_OF_DOUBLES)
    found = of_frame(workspace)
    assert len(found) == 2  # neither reads the other
    assert all("readings[].channel" in finding and "type mismatch" in finding for finding in found)


def test_a_widened_number_fails_because_old_readers_are_still_running(workspace):
    workspace.record("Reading", channel="long", values=ARRAY_OF_DOUBLES)
    (finding,) = of_frame(workspace)
    assert finding.startswith("Frame: version 1 can't read the current schema: readings[].channel")


def test_a_new_enum_symbol_fails_without_an_enum_default(workspace):
    workspace.write({"type": "enum", "name": "Mode", "doc": "Mode.", "symbols": ["a"]})
    workspace.record("Command", mode="hanzo.twin.Mode")
    workspace.release()
    workspace.write({"type": "enum", "name": "Mode", "doc": "Mode.", "symbols": ["a", "b"]})
    (finding,) = findings(workspace)
    assert finding.startswith("Command: version 1 can't read the current schema: mode")


def test_a_change_that_only_the_first_release_cannot_bear_is_found(workspace):
    workspace.record("Reading", channel="int", values=ARRAY_OF_DOUBLES, quality=("int", 0))
    workspace.release()
    workspace.record("Reading", channel="int", values=ARRAY_OF_DOUBLES, quality="int")
    found = of_frame(workspace)
    assert any("can't read version 1: readings[].quality" in finding for finding in found)
    assert not any("can't read version 2" in finding for finding in found)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("/fields/0", "tick"),
        ("/fields/1/type/items/fields/0/type", "readings[].channel"),
        ("/fields/1/type/items/fields/1/type/items", "readings[].values[]"),
    ],
)
def test_places_in_a_schema_become_field_paths(workspace, place, path):
    assert compatibility.field_path(workspace.current()["Frame"], place) == path
