"""Profiles are kept, chosen and forgotten; their secrets are never printed."""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.fixture
def bare(cli: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line of a user who has named no URL."""
    monkeypatch.delenv("HANZO_TWIN_API_URL")
    return cli


def test_a_profile_is_used_until_another_one_is(bare: Any, doors: Any, url: str) -> None:
    doors.twin()
    added = bare("profile", "add", "prod", "--url", url, "--token", "-", "--org", "acme", input="hush\n")
    assert added.exit_code == 0, added.output
    assert bare("list").exit_code == 4  # no stack runs here
    assert bare("list", "-o", "prod").exit_code == 0
    assert bare("profile", "use", "prod").exit_code == 0
    assert bare("list").exit_code == 0
    assert bare("profile", "use", "local").exit_code == 0
    assert bare("list").exit_code == 4


def test_no_secret_is_printed(bare: Any) -> None:
    said = [
        bare("profile", "add", "a", "--url", "http://a.test", "--token", "hush", "--json"),
        bare(
            "profile", "add", "b", "--url", "http://b.test", "--token-url", "http://c.test/token",
            "--client-id", "robot", "--client-secret", "hush",
        ),
        bare("profile", "list"),
        bare("profile", "list", "--json"),
        bare("profile", "show", "a"),
        bare("profile", "show", "b", "--json"),
    ]  # fmt: skip
    assert all(done.exit_code == 0 for done in said)
    assert not any("hush" in done.output for done in said)
    assert json.loads(said[-1].stdout)["way_in"] == "client robot at http://c.test/token"


@pytest.mark.parametrize(
    "options",
    [
        ("--url", "twin.test"),
        ("--url", "http://a.test", "--token", "t", "--token-command", "c"),
        ("--url", "http://a.test", "--client-id", "robot"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(bare: Any, options: tuple[str, ...]) -> None:
    assert bare("profile", "add", "a", *options).exit_code == 2


def test_an_unknown_profile_is_refused_and_a_forgotten_one_is_unknown(bare: Any) -> None:
    bare("profile", "add", "a", "--url", "http://a.test")
    bare("profile", "use", "a")
    assert bare("profile", "remove", "a").exit_code == 0
    assert bare("list").exit_code == 4
    for command in (("use", "a"), ("show", "a"), ("remove", "a")):
        assert bare("profile", *command).exit_code == 2
    assert bare("list", "--profile", "a").exit_code == 2
