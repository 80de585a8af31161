"""Names for the shell come at once or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from hanzo_twin.cli.completion import complete_profile, complete_scene, complete_twin


@pytest.mark.usefixtures("cli")
def test_names_are_completed(doors: Any) -> None:
    doors.twin()
    scenes = [{"id": "s1", "name": "arm"}, {"id": "s2", "name": "barn"}]
    doors.says("GET /v1/scenes", {"items": scenes, "next_cursor": None})
    assert (complete_twin("a"), complete_twin("b")) == (["arm"], [])
    assert complete_scene("b") == ["barn"]


def test_profiles_are_completed_with_the_local_stack(cli: Any) -> None:
    cli("profile", "add", "lab", "--url", "http://lab.test")
    assert complete_profile("l") == ["local", "lab"]


@pytest.mark.usefixtures("cli")
def test_without_an_api_there_are_no_names_and_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANZO_TWIN_API_URL")
    assert complete_twin("") == complete_scene("") == []
    monkeypatch.setenv("HANZO_TWIN_API_URL", "http://127.0.0.1:9")
    assert complete_twin("") == complete_scene("") == []
