"""What there is, and how it is: tables for people, JSON for programs."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest


def test_twins_are_listed_with_where_they_are(doors: Any, cli: Any) -> None:
    doors.twin()
    shown = cli("list", "--tag", "example").stdout
    for part in ("arm", "running", "mujoco", "arm v2", "example", "2026-02-20 01:02:03"):
        assert part in shown
    assert json.loads(cli("list", "--json").stdout)["twins"][0]["name"] == "arm"


def test_without_twins_one_learns_how_to_create_one(doors: Any, cli: Any) -> None:
    doors.says("GET /v1/twins", {"items": [], "next_cursor": None})
    assert "hanzo-twin create" in cli("list").stdout
    assert "hanzo-twin create" in cli("status").stdout


def test_the_status_of_all_has_a_row_for_each_and_says_what_is_wrong(doors: Any, cli: Any) -> None:
    stale = [{"type": "stale", "since": "2026-02-20T00:00:00Z", "message": "the journal is silent"}]
    doors.twin(conditions=stale, restart_needed=["engine.config"])
    shown = cli("status").stdout
    for part in ("arm", "live", "w1", "stale: the journal is silent", "from the next start: engine.config"):
        assert part in shown


def test_the_status_of_one_shows_all_that_is_known(doors: Any, cli: Any) -> None:
    doors.twin()
    shown = cli("status", "twin-arm").stdout
    assert "on w1, incarnation 1, tick 7" in shown
    told = json.loads(cli("status", "arm", "--json").stdout)["twins"][0]
    assert (told["phase"], told["sync"], told["worker"], told["scene_version"]) == (
        "running",
        "live",
        "w1",
        2,
    )


def test_the_status_of_one_shows_its_revision_and_what_the_definition_says(doors: Any, cli: Any) -> None:
    now, then = ({"sync": {"rate_hz": hertz, "latency_budget_ms": 40}} for hertz in (30, 20))
    doors.twin(
        updated_by="ada",
        reason="the line runs faster now",
        definition=now,
        pending_definition=then,
        restart_needed=["sync.rate_hz"],
    )
    shown = cli("status", "arm").stdout
    for part in (
        "3, 2026-02-20 01:02:03 UTC, ada",
        "the line runs faster now",
        "30 Hz; 20 Hz from the next start",
        "40 ms",
        "example",
        "changed, from the next start: sync.rate_hz",
    ):
        assert part in shown


@pytest.mark.parametrize("phase", ["running", "failed"])
def test_a_parked_twin_is_shown_as_parked(doors: Any, cli: Any, phase: str) -> None:
    doors.twin(phase=phase, conditions=[{"type": "parked", "message": "diverged"}])
    assert json.loads(cli("status", "arm", "--json").stdout)["twins"][0]["phase"] == "parked"


def test_the_state_has_every_channel(doors: Any, cli: Any) -> None:
    state = {
        "twin": "t",
        "name": "arm",
        "tick": 7,
        "values": {"/World/Arm/elbow.position": [0.25]},
        "digest": "d",
    }
    doors.says("GET /v1/twins/arm/state", state)
    shown = cli("state", "arm").stdout
    assert "/World/Arm/elbow.position" in shown
    assert "0.25" in shown
    assert json.loads(cli("state", "arm", "--json").stdout)["values"] == state["values"]


def test_watching_as_json_prints_predictions_with_the_id_to_go_on_from(doors: Any, cli: Any) -> None:
    data = json.dumps({"twin": "t", "incarnation": 1, "offset": 5, "tick": 3})
    doors.twin()
    doors.says(
        f"GET /v1/twins/{doors.TWIN['id']}/predictions",
        f"event: prediction\nid: 17\ndata: {data}\n\n".encode(),
    )
    done = cli("watch", "arm", "--json", "--seconds", "0.5")
    assert done.exit_code == 0, done.output
    assert [(each["tick"], each["event_id"]) for each in map(json.loads, done.stdout.splitlines())] == [
        (3, "17")
    ]


def test_whoami_tells_role_and_permissions(doors: Any, cli: Any) -> None:
    told = {"actor": "ada", "organization": "acme", "role": "twin-viewer", "permissions": ["twins.read"]}
    doors.says("GET /v1/whoami", told)
    assert "twins.read" in cli("whoami").stdout
    assert json.loads(cli("whoami", "--json").stdout) == told


@pytest.mark.parametrize("command", ["fork", "chaos", "synthdata", "train"])
def test_what_comes_later_says_so_whatever_follows(cli: Any, command: str) -> None:
    done = cli(command, "twin-arm", "--scenario", "pod-kill", "inject")
    assert done.exit_code == 2
    assert "not built yet" in done.stderr


def test_the_status_of_all_asks_about_several_twins_at_once(doors: Any, cli: Any) -> None:
    together = threading.Barrier(2)

    class Answers(dict[str, Any]):
        def get(self, target: str, default: Any = None) -> Any:
            if target.endswith("/sync/status"):
                together.wait(10)  # until another one is asked about, too
            return super().get(target, default)

    twins = [{**doors.TWIN, "id": doors.TWIN["id"][:-1] + str(n), "name": f"arm-{n}"} for n in range(4)]
    doors.says("GET /v1/twins", {"items": twins, "next_cursor": None})
    for twin in twins:
        doors.says(f"GET /v1/twins/{twin['id']}/sync/status", {**doors.SYNC, "twin": twin["id"]})
    doors.answers = Answers(doors.answers)
    told = json.loads(cli("status", "--json").stdout)["twins"]
    assert [twin["name"] for twin in told] == ["arm-0", "arm-1", "arm-2", "arm-3"]


@pytest.mark.parametrize("option", ["-h", "--help", "--version"])
def test_the_command_says_what_it_is(cli: Any, option: str) -> None:
    done = cli(option)
    assert done.exit_code == 0
    assert "hanzo-twin" in done.stdout
    assert cli("status", "-h").exit_code == 0


def test_what_is_missing_is_looked_for_with_a_command(doors: Any, cli: Any) -> None:
    remedy = "GET /v1/twins lists yours"
    missing = {"status": 404, "code": "twin_not_found", "detail": "no such twin", "remedy": remedy}
    doors.says("GET /v1/twins/leg", missing, 404)
    done = cli("status", "leg")
    assert "hanzo-twin list" in done.stderr and "/v1/" not in done.stderr


def test_a_row_in_a_pipe_is_one_line(doors: Any, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    tags = [f"tag-{number}" for number in range(30)]
    doors.twin(tags=tags)
    (row,) = [line for line in cli("list").stdout.splitlines() if "arm" in line]
    assert all(tag in row for tag in tags)
