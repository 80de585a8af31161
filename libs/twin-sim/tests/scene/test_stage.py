"""Opening stages: what can't be opened is an error that says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pxr import UsdUtils
from scene_files import scene

from twin_sim.errors import SceneError
from twin_sim.scene import read_stage


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SceneError, match=r"missing\.usda"):
        read_stage(tmp_path / "missing.usda")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_usd_file_are_refused(data):
    with pytest.raises(SceneError):
        read_stage(b"?" + data)


@pytest.mark.parametrize("data", [b"", b"#usda 1.0\n(", b"PXR-USDC" + b"\0" * 100, b"PK\x03\x04nothing"])
def test_a_broken_usd_file_is_refused(data):
    with pytest.raises(SceneError):
        read_stage(data)


def test_a_package_is_read(tmp_path):
    (tmp_path / "a.usda").write_bytes(scene("pendulum"))
    assert UsdUtils.CreateNewUsdzPackage(str(tmp_path / "a.usda"), str(tmp_path / "a.usdz"))
    assert read_stage((tmp_path / "a.usdz").read_bytes()).digest() == read_stage(scene("pendulum")).digest()


def test_a_reference_to_a_layer_that_is_not_there_is_refused():
    text = (
        scene("pendulum")
        .decode()
        .replace('def Xform "arm" (', 'def Xform "arm" (\n        references = @./gone.usda@', 1)
    )
    with pytest.raises(SceneError, match="composition"):
        read_stage(text.encode())


def test_a_reference_beside_the_file_is_followed(tmp_path):
    (tmp_path / "part.usda").write_bytes(scene("pendulum"))
    (tmp_path / "whole.usda").write_text(
        '#usda 1.0\n(\n    upAxis = "Z"\n    metersPerUnit = 1\n)\ndef Xform "A" (references = @./part.usda@) {}\n'
    )
    model = read_stage(tmp_path / "whole.usda")
    assert [body.path for body in model.bodies] == ["/A/arm"]
    assert model.joints[0].body1 == "/A/arm"


def test_two_instances_of_one_part_are_two_bodies(tmp_path):
    (tmp_path / "part.usda").write_bytes(scene("pendulum"))
    (tmp_path / "whole.usda").write_text(
        '#usda 1.0\n(\n    upAxis = "Z"\n    metersPerUnit = 1\n)\n'
        'def Xform "A" (instanceable = true\nreferences = @./part.usda@) {}\n'
        'def Xform "B" (instanceable = true\nreferences = @./part.usda@) {}\n'
    )
    model = read_stage(tmp_path / "whole.usda")
    assert [body.path for body in model.bodies] == ["/A/arm", "/B/arm"]
    assert [joint.body1 for joint in model.joints] == ["/A/arm", "/B/arm"]
