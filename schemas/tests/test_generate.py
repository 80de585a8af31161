"""The generator writes classes for every shape that a schema may have, and says no to the rest."""

import importlib.util
import sys

import pytest

from twin_schemas.errors import InvalidSchema
from twin_schemas.generate import generated, write


@pytest.fixture
def classes(workspace, monkeypatch):
    """Generate the workspace's package and import it in place of the real one."""

    def load():
        folder = workspace.layout.records
        folder.parent.mkdir(parents=True, exist_ok=True)
        write(workspace.schemas(), folder)
        for name in [name for name in sys.modules if name.startswith("twin_schemas.records")]:
            monkeypatch.delitem(sys.modules, name)
        place = {"submodule_search_locations": [str(folder)]}
        spec = importlib.util.spec_from_file_location("twin_schemas.records", folder / "__init__.py", **place)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "twin_schemas.records", module)
        spec.loader.exec_module(module)
        return module

    before = set(sys.modules)
    yield load
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_every_shape_of_field_converts_both_ways(workspace, classes):
    workspace.write({"type": "enum", "name": "Mode", "doc": "Mode.", "symbols": ["on", "offLine"]})
    workspace.record(
        "Frame",
        plain=(["null", "long"], None),
        mode="hanzo.twin.Mode",
        mode_or_none=(["null", "hanzo.twin.Mode"], None),
        modes=({"type": "array", "items": "hanzo.twin.Mode"}, []),
        by_name={"type": "map", "values": "hanzo.twin.Reading"},
        nested={"type": "array", "items": {"type": "array", "items": "hanzo.twin.Reading"}},
        either=["null", "hanzo.twin.Reading", "hanzo.twin.Other"],
        scalar=["null", "long", "string"],
        field=("string", "text"),
        data=("bytes", "\u00ff"),
    )
    workspace.record("Other", reading=(["null", "hanzo.twin.Reading"], None))
    records = classes()
    reading = records.Reading(1, [0.5])
    frame = records.Frame(
        records.Mode.ON,
        {"a": reading},
        [[reading], []],
        records.Other(reading=reading),
        5,
        modes=[records.Mode.OFF_LINE],
    )
    assert frame.field == "text"
    assert frame.data == b"\xff"
    assert records.Frame.from_avro(frame.to_avro()) == frame
    assert frame.to_avro()["either"] == ("hanzo.twin.Other", {"reading": {"channel": 1, "values": [0.5]}})


def test_defaults_are_not_shared(workspace, classes):
    workspace.record("Frame", items=({"type": "array", "items": "long"}, []))
    records = classes()
    records.Frame().items.append(1)
    assert records.Frame().items == []


@pytest.mark.parametrize("union", [["null", "hanzo.twin.Mode", "string"], ["hanzo.twin.Reading", "string"]])
def test_a_union_without_a_clear_python_type_is_refused(workspace, union):
    workspace.write({"type": "enum", "name": "Mode", "doc": "Mode.", "symbols": ["on"]})
    workspace.record("Frame", odd=union)
    with pytest.raises(InvalidSchema, match="wrap others in a record"):
        generated(workspace.schemas())


def test_a_summary_that_no_line_holds_is_refused(workspace):
    workspace.write({"type": "enum", "name": "Mode", "doc": "Long " * 30, "symbols": ["on"]})
    with pytest.raises(InvalidSchema, match="first sentence"):
        generated(workspace.schemas())


def test_a_second_run_changes_nothing_and_a_removed_type_goes(workspace):
    workspace.layout.records.parent.mkdir(parents=True)
    assert "frame.py" in write(workspace.schemas(), workspace.layout.records)
    assert write(workspace.schemas(), workspace.layout.records) == []
    (workspace.layout.avro / "Frame.avsc").unlink()
    assert write(workspace.schemas(), workspace.layout.records) == ["__init__.py", "frame.py"]
