"""A damaged or hostile file is an error of the scene, found before anything is reserved for what it announces."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from pxr import Usd

from twin_sim.errors import SceneError
from twin_sim.scene.check.crates import check_crates
from twin_sim.scene.check.report import check

SCENE = Path(__file__).parents[2] / "scenes/box_drop.usda"

WRONG = {
    "a velocity that is text": (
        "vector3f physics:velocity = (1.5, -0.5, 3)",
        'string physics:velocity = "fast"',
    ),
    "a velocity of two numbers": (
        "vector3f physics:velocity = (1.5, -0.5, 3)",
        "float2 physics:velocity = (1, 2)",
    ),
    "an up axis that is none": ('upAxis = "Z"', 'upAxis = "north"'),
    "a translation by whole numbers": ("double3 xformOp:translate", "int3 xformOp:translate"),
    "a translation by text": ("double3 xformOp:translate = (1, 2, 30)", 'string xformOp:translate = "here"'),
    "a size whose mass overflows": ("double size = 1", "double size = 1e300"),
    "a density that is text": ("float physics:density = 500", 'token physics:density = "dense"'),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_value_of_the_wrong_kind_is_an_error_of_the_scene(wrong, tmp_path):
    good, bad = WRONG[wrong]
    text = SCENE.read_text()
    assert good in text
    file = tmp_path / "scene.usda"
    file.write_text(text.replace(good, bad))
    report = check(file)
    assert {found.code for found in report.findings if found.is_error} == {"invalid_scene"}


def crate(folder: Path) -> Path:
    file = folder / "scene.usdc"
    stage = Usd.Stage.Open(str(SCENE))
    stage.GetRootLayer().Export(str(file))
    return file


def sections(data: bytes) -> dict[bytes, tuple[int, int, int]]:
    """Where each stands in the table of contents, where it begins, and its bytes."""
    (table,) = struct.unpack_from("<q", data, 16)
    (count,) = struct.unpack_from("<Q", data, table)
    places = [table + 8 + 32 * number for number in range(count)]
    return {
        data[at : at + 16].rstrip(b"\0"): (at, *struct.unpack_from("<qq", data, at + 16)) for at in places
    }


def test_a_sound_crate_passes(tmp_path):
    check_crates(crate(tmp_path))


@pytest.mark.parametrize("name", ["TOKENS", "STRINGS", "FIELDS", "FIELDSETS", "PATHS", "SPECS"])
def test_a_section_that_announces_more_than_it_holds_is_refused(name, tmp_path):
    file = crate(tmp_path)
    data = bytearray(file.read_bytes())
    _, begin, _ = sections(bytes(data))[name.encode()]
    struct.pack_into("<Q", data, begin, 1 << 40)
    file.write_bytes(data)
    with pytest.raises(SceneError, match="announces"):
        check_crates(file)
    assert check(file).model_digest is None


@pytest.mark.parametrize(("place", "value"), [(16, -1), (16, 1 << 50), (24, 1 << 60)])
def test_a_section_outside_of_the_file_is_refused(place, value, tmp_path):
    file = crate(tmp_path)
    data = bytearray(file.read_bytes())
    at, _, _ = sections(bytes(data))[b"PATHS"]
    struct.pack_into("<q", data, at + place, value)
    file.write_bytes(data)
    with pytest.raises(SceneError, match="outside"):
        check_crates(file)


@pytest.mark.parametrize("left", [0, 8, 40, 88, 200])
def test_a_crate_that_is_cut_off_is_no_scene(left, tmp_path):
    file = crate(tmp_path)
    file.write_bytes(file.read_bytes()[:left])
    assert check(file).model_digest is None
