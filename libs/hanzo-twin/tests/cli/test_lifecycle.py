"""Twins are created, changed, started, stopped and taken away; `twin-<name>` is a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hanzo_twin.cli.reach import patience

YAML = """\
name: arm
scene:
  uri: scenes/arm.usda
engine:
  type: mujoco
sync:
  mode: standalone
  rate_hz: 30
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "arm.usda").write_text("#usda 1.0\n")
    path = tmp_path / "warehouse-east.yaml"
    path.write_text(YAML)
    return path


def uploaded(doors: Any, digest: str = "d2") -> None:
    doors.says("POST /v1/scenes", {"id": "s1", "name": "arm", "version": 2, "digest": digest}, 201)


def test_create_uploads_the_scene_beside_the_file_and_pins_its_version(
    doors: Any, cli: Any, config: Path
) -> None:
    uploaded(doors)
    doors.says("POST /v1/twins", {**doors.TWIN, "phase": "created"}, 201)
    done = cli("create", "--config", str(config))
    assert done.exit_code == 0, done.output
    assert "start it with: hanzo-twin start arm" in done.output
    assert [target for target, _ in doors.asked] == ["POST /v1/scenes", "POST /v1/twins"]
    assert b'filename="arm.usda"' in doors.asked[0][1]
    assert doors.asked[1][1].decode() == YAML


def test_create_uploads_a_whole_folder(doors: Any, cli: Any, config: Path) -> None:
    config.write_text(YAML.replace("scenes/arm.usda", "./scenes/"))
    uploaded(doors)
    doors.says("POST /v1/twins", doors.TWIN, 201)
    assert cli("create", "--config", str(config)).exit_code == 0
    assert b'name="files"; filename="arm.usda"' in doors.asked[0][1]


@pytest.mark.parametrize("uri", ["scene:arm", "s3://hanzo-twin/scenes/arm/v3/root.usda"])
def test_a_scene_in_the_platform_is_not_uploaded(doors: Any, cli: Any, config: Path, uri: str) -> None:
    config.write_text(YAML.replace("scenes/arm.usda", uri))
    doors.says("POST /v1/twins", doors.TWIN, 201)
    assert cli("create", "--config", str(config)).exit_code == 0
    assert [target for target, _ in doors.asked] == ["POST /v1/twins"]


def test_create_can_start_it_as_well(doors: Any, cli: Any, config: Path) -> None:
    uploaded(doors)
    doors.twin().says("POST /v1/twins", {**doors.TWIN, "desired": "stopped", "phase": "created"}, 201)
    done = cli("create", "--config", str(config), "--start", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["phase"] == "running"
    assert f"POST /v1/twins/{doors.TWIN['id']}/start" in [target for target, _ in doors.asked]


def test_what_the_api_finds_wrong_is_said_with_paths_and_lines(doors: Any, cli: Any, config: Path) -> None:
    uploaded(doors)
    problem = {
        "status": 422,
        "code": "invalid_definition",
        "detail": "the definition is wrong",
        "errors": [{"field": "engine.type", "line": 5, "message": "no such engine"}],
    }
    doors.says("POST /v1/twins", problem, 422)
    done = cli("create", "--config", str(config), "--json")
    assert done.exit_code == 2
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["field"], error["line"]) == ("invalid_definition", "engine.type", 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", r"is no YAML"),
        ("- a", "has no keys"),
        (YAML.replace("arm.usda", "gone.usda"), "gone.usda  (line 3)"),
        ("name: ${NOWHERE}", "NOWHERE"),
        (YAML.replace("rate_hz: 30", "rate_hz: fast"), "sync.rate_hz: must be a number"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_before_anything_is_asked(
    doors: Any, cli: Any, config: Path, text: str, said: str
) -> None:
    config.write_text(text)
    done = cli("create", "--config", str(config))
    assert done.exit_code == 2
    assert said in done.stderr
    assert doors.asked == []


def test_start_waits_until_the_twin_runs(doors: Any, cli: Any) -> None:
    doors.twin()
    done = cli("start", "twin-arm", "--json")
    assert (done.exit_code, json.loads(done.stdout)["phase"]) == (0, "running")


def test_a_start_that_fails_is_exit_code_5_with_the_reason(doors: Any, cli: Any) -> None:
    doors.twin(phase="failed", error={"code": "scene_invalid", "message": "a joint has no limits"})
    done = cli("start", "arm")
    assert done.exit_code == 5
    assert "scene_invalid: a joint has no limits" in done.stderr


def test_a_start_can_be_left_to_itself(doors: Any, cli: Any) -> None:
    doors.twin(phase="starting")
    assert cli("start", "arm", "--no-wait", "--reason", "shift begins").exit_code == 0
    assert doors.body("POST /v1/twins/arm/start") == {"reason": "shift begins"}


def test_starting_a_running_twin_is_refused_with_exit_code_3(doors: Any, cli: Any) -> None:
    doors.says(
        "POST /v1/twins/arm/start", {"status": 409, "code": "already_running", "detail": "it runs"}, 409
    )
    done = cli("start", "arm", "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["error"]["code"] == "already_running"


def test_stop_waits_until_the_twin_has_stopped(doors: Any, cli: Any) -> None:
    doors.twin(phase="stopped", desired="stopped")
    assert json.loads(cli("stop", "arm", "--json").stdout)["phase"] == "stopped"


def test_delete_takes_the_twin_away(doors: Any, cli: Any) -> None:
    doors.twin()
    assert json.loads(cli("delete", "arm", "--json").stdout)["phase"] == "deleted"
    assert doors.asked[-1][0] == f"DELETE /v1/twins/{doors.TWIN['id']}"


def test_update_sends_only_what_changes(doors: Any, cli: Any) -> None:
    doors.twin(revision=4, restart_needed=["sync.rate_hz"])
    done = cli(
        "update", "arm", "--set", "sync.rate_hz=20", "--set", "tags=[a, b]", "--set", "metadata.x=null"
    )
    assert done.exit_code == 0, done.output
    assert doors.body("PATCH /v1/twins/arm") == {
        "sync": {"rate_hz": 20},
        "tags": ["a", "b"],
        "metadata": {"x": None},
    }
    assert "sync.rate_hz: from the next start" in done.output


def test_update_from_a_file_uploads_its_scene_and_pins_that_version(
    doors: Any, cli: Any, config: Path
) -> None:
    doors.twin()
    uploaded(doors)
    done = cli("update", "arm", "--config", str(config), "--set", "sync.rate_hz=20")
    assert done.exit_code == 0, done.output
    patch = doors.body("PATCH /v1/twins/arm")
    assert (patch["sync"]["rate_hz"], "scene" in patch) == (20, False)
    assert "scene_version=2" in doors.targets[-1]


@pytest.mark.parametrize("change", ["sync.rate_hz", "=3", "a..b=1", "a=["])
def test_a_change_that_is_none_is_refused(doors: Any, cli: Any, change: str) -> None:
    done = cli("update", "arm", "--set", change)
    assert done.exit_code == 2
    assert doors.asked == []


def test_an_unknown_twin_is_exit_code_2(doors: Any, cli: Any) -> None:
    assert cli("start", "gone").exit_code == 2


def test_an_api_that_is_away_is_exit_code_4(
    cli: Any, doors: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HANZO_TWIN_API_URL")
    done = cli("list")
    assert done.exit_code == 4
    assert "hanzo-twin dev up" in done.stderr


def test_without_waiting_a_command_on_its_way_is_said_to_be(doors: Any, cli: Any) -> None:
    body = {"command": "c-7", "status": "pending", "links": {"self": "/v1/commands/c-7"}}
    doors.says("POST /v1/twins/arm/stop", body, 202)
    done = cli("stop", "arm", "--no-wait", "--json")
    assert done.exit_code == 0, done.output
    assert "accepted, pending (command c-7)" in done.stderr
    assert json.loads(done.stdout) == {"twin": "arm", "command": "c-7", "status": "pending"}


def test_trying_again_is_said_once_and_where_nobody_looks_only_after_a_while(capsys: Any) -> None:
    notice = patience().notice
    assert notice is not None
    notice("no answer from http://127.0.0.1:1", 0.1)
    assert capsys.readouterr().err == ""
    for spent_s in (4.0, 5.0):
        notice("no answer from http://127.0.0.1:1", spent_s)
    assert capsys.readouterr().err == "no answer from http://127.0.0.1:1, trying again\n"
