"""What each operation asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from scripted_api import TWIN, Api, asynchronous, blocking

from hanzo_twin.client import Gone
from hanzo_twin.client.calls import records, running, scenes, twins

LETTER = {"id": "3-17", "topic": "control.commands"}
SCENE = {"id": "s1", "name": "arm", "versions": [{"version": 1}], "proposals": []}
COMMAND = {"command": "c1", "status": "applied", "tick": 7}

CALLS = [
    (twins.get_twin("a b"), TWIN, "GET /v1/twins/a%20b", None),
    (
        twins.create_twin({"name": "arm"}, scene="arm", reason="new"),
        TWIN,
        "POST /v1/twins",
        {"definition": {"name": "arm"}, "scene": "arm", "reason": "new"},
    ),
    (twins.update_twin("arm", {"tags": None}), TWIN, "PATCH /v1/twins/arm", {"tags": None}),
    (twins.delete_twin("arm", reason="old"), None, "DELETE /v1/twins/arm?reason=old", None),
    (twins.start_twin("arm", reason="go"), TWIN, "POST /v1/twins/arm/start", {"reason": "go"}),
    (twins.stop_twin("arm"), TWIN, "POST /v1/twins/arm/stop", {}),
    (running.get_state("arm"), {"twin": "t"}, "GET /v1/twins/arm/state", None),
    (running.get_sync_status("arm"), {"twin": "t"}, "GET /v1/twins/arm/sync/status", None),
    (
        running.reset_twin("arm", {"/World/a.position": [0.1]}),
        COMMAND,
        "POST /v1/twins/arm/reset",
        {"to_initial": False, "values": {"/World/a.position": [0.1]}},
    ),
    (running.set_rate("arm", 10.0), COMMAND, "POST /v1/twins/arm/rate", {"rate_hz": 10.0}),
    (running.get_command("c1"), COMMAND, "GET /v1/commands/c1", None),
    (scenes.get_scene("arm"), SCENE, "GET /v1/scenes/arm", None),
    (scenes.get_scene_version("arm", 2), {"version": 2}, "GET /v1/scenes/arm/versions/2", None),
    (scenes.delete_scene("arm"), None, "DELETE /v1/scenes/arm", None),
    (scenes.delete_scene("arm", 2), None, "DELETE /v1/scenes/arm/versions/2", None),
    (
        scenes.validate_scene("arm", "mujoco", version=2),
        {"ok": True},
        "POST /v1/scenes/arm/validate",
        {"engine": "mujoco", "version": 2},
    ),
    (
        scenes.get_download("arm", version=2, compiled=True),
        {"url": "http://store"},
        "GET /v1/scenes/arm/download?version=2&as=compiled",
        None,
    ),
    (
        scenes.decide_proposal("arm", "p1", accept=False),
        None,
        "POST /v1/scenes/arm/proposals/p1",
        {"accept": False},
    ),
    (records.get_dead_letter("3-17"), LETTER, "GET /v1/dead-letters/3-17", None),
    (
        records.redrive_dead_letter("3-17"),
        {"topic": "t", "partition": 1, "offset": 2},
        "POST /v1/dead-letters/3-17/redrive",
        None,
    ),
    (records.whoami(), {"actor": "a", "organization": "o", "role": "twin-viewer"}, "GET /v1/whoami", None),
]


@pytest.mark.parametrize(("plan", "answer", "asked", "body"), CALLS, ids=lambda value: str(value)[:40])
def test_each_operation_asks_as_the_api_wants_it(
    api: Api, carry: Any, plan: Any, answer: Any, asked: str, body: Any
) -> None:
    api.says(200, answer)
    carry(plan)
    assert api.asked == [asked]
    assert (api.json() if api.bodies[0] else None) == body


def test_yaml_goes_out_as_it_is_written(api: Api, carry: Any) -> None:
    api.says(201, TWIN)
    carry(twins.create_twin("name: arm # mine\n", scene="arm", scene_version=2))
    assert api.asked == ["POST /v1/twins?scene=arm&scene_version=2"]
    assert api.bodies == [b"name: arm # mine\n"]
    assert api.requests[0].headers["content-type"] == "application/yaml"


def test_a_change_can_be_meant_for_one_revision(api: Api, carry: Any) -> None:
    api.says(200, TWIN)
    carry(twins.update_twin("arm", {"tags": ["a"]}, revision=3))
    assert api.requests[0].headers["if-match"] == '"3"'
    assert api.requests[0].headers["content-type"] == "application/merge-patch+json"


def test_a_list_is_read_page_by_page(api: Api) -> None:
    api.says(200, {"items": [TWIN, {**TWIN, "name": "b"}], "next_cursor": "c="})
    api.says(200, {"items": [{**TWIN, "name": "c"}], "next_cursor": None})
    with blocking(api) as client:
        found = [twin.name for twin in client.list_twins(tags=["x", "y"], phase="running", page_size=2)]
    assert found == ["arm", "b", "c"]
    assert api.asked == [
        "GET /v1/twins?phase=running&limit=2&tag=x&tag=y",
        "GET /v1/twins?phase=running&limit=2&tag=x&tag=y&cursor=c%3D",
    ]


def test_a_journal_is_read_from_where_one_says_and_only_what_one_wants(api: Api) -> None:
    entry = {"offset": 7, "at": "2026-11-21T12:20:26Z", "type": "Stopped", "record": {"tick": 3}}
    api.says(200, {"items": [entry], "next_cursor": "8"}).says(200, {"items": []})
    since = datetime(2026, 11, 21, tzinfo=UTC)
    with blocking(api) as client:
        read = list(client.read_journal("arm", start=5, since=since, types=["Stopped", "Resumed"]))
    assert [(each.offset, each.type) for each in read] == [(7, "Stopped")]
    filters = "limit=100&since=2026-11-21T00%3A00%3A00%2B00%3A00&type=Stopped&type=Resumed&from=5"
    asked = f"GET /v1/twins/arm/journal?{filters}"
    assert api.asked == [asked, f"{asked}&cursor=8"]


def test_what_is_gone_names_what_is_still_there(api: Api) -> None:
    nearest = {"incarnation": 2, "offset": 90, "tick": 4, "time": None, "digest": "0"}
    api.refuses(410, "beyond_retention", detail="gone", nearest=nearest)
    with blocking(api) as client, pytest.raises(Gone) as gone:
        list(client.read_journal("arm", start=5))
    assert gone.value.nearest is not None
    assert (gone.value.nearest.incarnation, gone.value.nearest.offset) == (2, 90)


async def test_a_list_is_read_page_by_page_with_asyncio(api: Api) -> None:
    api.says(200, {"items": [LETTER], "next_cursor": "2"}).says(200, {"items": [LETTER]})
    async with asynchronous(api) as client:
        found = [letter.id async for letter in client.list_dead_letters()]
    assert found == ["3-17", "3-17"]
    assert "cursor=2" in api.asked[1]
