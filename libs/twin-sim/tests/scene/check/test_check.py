"""The check of a scene file, as another process runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pxr import Sdf, UsdUtils

from twin_sim.scene import SceneModel, read_stage
from twin_sim.scene.check.references import check_references

SCENES = Path(__file__).parents[2] / "scenes"
HEAD = '#usda 1.0\n(\n    upAxis = "Z"\n    metersPerUnit = 1\n)\n'


def run(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twin_sim.scene.check", str(file), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def checked(file: Path, *options: str) -> dict:
    done = run(file, *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def codes(report: dict) -> set[tuple[str, str]]:
    return {(found["severity"], found["code"]) for found in report["findings"]}


@pytest.fixture
def write(tmp_path):
    def writing(body: str, name: str = "scene.usda") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + body)
        return path

    return writing


def test_a_good_scene_gives_its_digest_and_its_model(tmp_path):
    out = tmp_path / "model.json"
    report = checked(SCENES / "two_joint_arm.usda", "--engine", "mujoco", "--model", str(out))
    scene = read_stage(SCENES / "two_joint_arm.usda")
    assert (report["ok"], report["model_digest"]) == (True, scene.digest())
    assert SceneModel.from_json(out.read_text()) == scene


def test_what_the_reader_and_the_engine_leave_out_are_warnings(write):
    file = write(
        'def PhysicsScene "P" {}\ndef Camera "Eye" {}\n'
        'def Sphere "Ball" (prepend apiSchemas = '
        '["PhysicsRigidBodyAPI", "PhysicsCollisionAPI", "MaterialBindingAPI"])\n'
        "{\n    rel material:binding:physics = </Rubber>\n}\n"
        'def Material "Rubber" (prepend apiSchemas = ["PhysicsMaterialAPI"])\n'
        "{\n    float physics:restitution = 0.5\n    float physics:dynamicFriction = 0.5\n}\n"
    )
    report = checked(file, "--engine", "mujoco")
    assert report["ok"]
    assert codes(report) == {("warning", "not_rendered"), ("warning", "no_restitution")}
    assert {found["path"] for found in report["findings"]} == {"/Eye", "/Rubber"}


def test_a_scene_that_cannot_be_simulated_names_the_prim_and_the_remedy(write):
    file = write('def Xform "Ghost" (prepend apiSchemas = ["PhysicsRigidBodyAPI"]) {}\n')
    report = checked(file)
    (found,) = report["findings"]
    assert (report["ok"], report["model_digest"]) == (False, None)
    assert (found["severity"], found["code"], found["path"]) == ("error", "invalid_scene", "/Ghost")
    assert found["remedy"]


@pytest.mark.parametrize("content", [b"#usda 1.0\n(", b"PXR-USDC" + bytes(100), b"hello", b""])
def test_a_file_that_usd_cannot_read_is_an_error(tmp_path, content):
    file = tmp_path / "scene.usd"
    file.write_bytes(content)
    assert codes(checked(file)) == {("error", "invalid_scene")}


OUTSIDE = [
    "/etc/hosts.usda", "https://host/a.usda", "http:a.usda", "c:/a.usda", "../a.usda", "a/../../b.usda",
    "\\\\host\\a.usda", "file:///etc/a.usda",
]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        'def Xform "W" (references = @{}@) {{}}\n',
        'def Xform "W" (payload = @{}@) {{}}\n',
        'def Xform "W" {{\n    asset picture = @{}@\n}}\n',
        'def Xform "W" (variantSets = "v") {{\n  variantSet "v" = {{\n    "a" (references = @{}@) {{}}\n  }}\n}}\n',
    ],
)
def test_a_reference_out_of_the_file_is_an_error_wherever_it_stands(write, body):
    for number, path in enumerate(OUTSIDE):
        (found,) = check_references(write(body.format(path), f"{number}.usda"))
        assert (found.severity, found.code) == ("error", "outside_reference")
        assert path in found.message


def test_nothing_is_read_outside_of_the_file(write, tmp_path):
    report = checked(write(f'def Xform "W" (references = @{write("(", "broken.usda")}@) {{}}\n'))
    assert (report["ok"], codes(report)) == (False, {("error", "outside_reference")})
    assert "an absolute path" in report["findings"][0]["message"]


def test_an_expression_in_a_reference_is_an_error(write):
    file = write('def Xform "W" (references = @`"${HOME}/a.usda"`@) {}\n')
    assert ("error", "outside_reference") in codes(checked(file))


def test_a_missing_layer_is_an_error_and_a_missing_picture_a_warning(write):
    assert codes(checked(write('def Xform "W" (references = @./gone.usda@) {}\n'))) == {
        ("error", "missing_file")
    }
    report = checked(write('def PhysicsScene "P" {}\ndef Xform "W" {\n    asset picture = @./gone.png@\n}\n'))
    assert (report["ok"], codes(report)) == (True, {("warning", "missing_file")})


def test_references_inside_a_package_are_followed_and_those_out_of_it_are_errors(write, tmp_path):
    write('def Xform "P" {}\n', "parts/part.usda")
    root = write(
        'def PhysicsScene "S" {}\ndef Xform "W" (references = @./parts/part.usda@</P>) {}\n', "root.usda"
    )
    good = tmp_path / "good.usdz"
    assert UsdUtils.CreateNewUsdzPackage(Sdf.AssetPath(str(root)), str(good))
    assert checked(good)["ok"]
    bad = tmp_path / "bad.usdz"
    bad.write_bytes(good.read_bytes().replace(b"@parts/part.usda@", b"@../../part.usda@").replace(
        b"@./parts/part.usda@", b"@../../../p.usda@"))  # fmt: skip
    report = checked(bad)
    assert not report["ok"]


def test_a_scene_that_wants_too_much_fails_by_itself(tmp_path):
    file = tmp_path / "scene.usda"
    prims = "\n".join(f'    def Xform "X{number}" {{}}' for number in range(150_000))
    file.write_text(f'{HEAD}def Xform "W" {{\n{prims}\n}}\n')
    done = run(file, "--memory-mb", "600")
    assert done.returncode != 0 or not json.loads(done.stdout)["ok"]


def test_an_engine_that_is_not_installed_is_an_error():
    assert codes(checked(SCENES / "pendulum.usda", "--engine", "bullet9")) == {("error", "unknown_engine")}
