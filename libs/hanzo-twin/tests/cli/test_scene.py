"""Scenes: the standard's examples work as they are written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

VERSION = {"version": 1, "digest": "d" * 64, "file": "root.usda", "size": 10, "note": "first"}
SCENE = {"id": "s1", "name": "warehouse-east", "latest": 1, "versions": [VERSION], "proposals": []}


def test_a_folder_is_uploaded_under_its_name(
    doors: Any, cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenes" / "warehouse").mkdir(parents=True)
    (tmp_path / "scenes" / "warehouse" / "root.usda").write_text("#usda 1.0\n")
    monkeypatch.chdir(tmp_path)
    doors.says("POST /v1/scenes", {"id": "s1", "name": "warehouse-east", **VERSION, "warnings": ["odd"]}, 201)
    done = cli("scene", "upload", "--name", "warehouse-east", "--path", "./scenes/warehouse/", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["version"] == 1
    assert "warning: odd" in done.stderr


@pytest.mark.parametrize("how", [("--name", "warehouse-east"), ("warehouse-east",)])
def test_a_scene_is_validated_by_option_or_argument(doors: Any, cli: Any, how: tuple[str, ...]) -> None:
    target = "POST /v1/scenes/warehouse-east/validate"
    doors.says(target, {"ok": True, "version": 1, "engine": "mujoco", "findings": []})
    done = cli("scene", "validate", *how, "--engine", "mujoco")
    assert done.exit_code == 0, done.output
    assert doors.body(target) == {"engine": "mujoco"}


def test_a_scene_that_an_engine_cannot_run_is_exit_code_5(doors: Any, cli: Any) -> None:
    finding = {
        "severity": "error",
        "code": "no_mass",
        "path": "/World/A",
        "message": "it has no mass",
        "remedy": "give it one",
    }
    doors.says("POST /v1/scenes/a/validate", {"ok": False, "engine": "mujoco", "findings": [finding]})
    done = cli("scene", "validate", "a", "--engine", "mujoco")
    assert done.exit_code == 5
    for part in ("can't run", "/World/A", "no_mass: it has no mass", "give it one"):
        assert part in done.stdout


def test_scenes_are_listed_and_shown_with_their_versions(doors: Any, cli: Any) -> None:
    summary = {"id": "s1", "name": "warehouse-east", "latest": 1, "versions": 1}
    doors.says("GET /v1/scenes", {"items": [summary], "next_cursor": None})
    doors.says("GET /v1/scenes/warehouse-east", SCENE)
    assert "warehouse-east" in cli("scene", "list").stdout
    assert "root.usda" in cli("scene", "show", "warehouse-east").stdout
    assert json.loads(cli("scene", "show", "warehouse-east", "--json").stdout)["versions"][0]["version"] == 1


def test_a_scene_is_downloaded_and_checked(doors: Any, cli: Any, url: str, tmp_path: Path) -> None:
    content = b"#usda 1.0\n"
    digest = hashlib.sha256(content).hexdigest()
    doors.says("GET /v1/scenes/a/download", {"url": f"{url}/blob", "digest": digest, "file": "root.usda"})
    doors.says("GET /blob", content)
    done = cli("scene", "download", "a", "--into", str(tmp_path), "--json")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "root.usda").read_bytes() == content


def test_a_version_is_deleted_and_one_in_use_is_refused(doors: Any, cli: Any) -> None:
    doors.says("DELETE /v1/scenes/a/versions/2", None, 204)
    assert cli("scene", "delete", "a", "--version", "2").exit_code == 0
    refused = {"status": 409, "code": "scene_in_use", "detail": "twin arm uses it"}
    doors.says("DELETE /v1/scenes/a", refused, 409)
    done = cli("scene", "delete", "a")
    assert done.exit_code == 3
    assert "twin arm uses it" in done.stderr


@pytest.mark.parametrize("names", [(), ("a", "--name", "b")])
def test_a_scene_has_to_be_named_once(doors: Any, cli: Any, names: tuple[str, ...]) -> None:
    assert cli("scene", "show", *names).exit_code == 2
    assert doors.asked == []


def test_deleting_says_in_its_help_that_without_a_version_the_whole_scene_goes(cli: Any) -> None:
    told = " ".join(cli("scene", "delete", "--help").stdout.replace("│", " ").split())
    assert "the whole scene if not given" in told
    assert "newest" not in told
