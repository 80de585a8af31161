"""Where a client goes when nobody says so."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hanzo_twin.client import Client, access
from hanzo_twin.client.local import NoStack
from hanzo_twin.client.tokens import Anonymous, ClientCredentials, Given
from hanzo_twin.profiles import Profile, Profiles, write_profiles
from hanzo_twin.profiles.file import ProfileError


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user's home with nothing in it, and no stack."""
    for name in (access.URL, access.TOKEN, access.PROFILE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HANZO_TWIN_HOME", str(tmp_path / "stack"))
    return tmp_path


def keep(current: str | None = None, **profiles: dict[str, str]) -> None:
    made = {name: Profile.model_validate(values) for name, values in profiles.items()}
    write_profiles(Profiles(current=current, profiles=made))


def stack_in(home: Path, pid: int) -> None:
    connection = {
        "api_url": "http://127.0.0.1:8082",
        "issuer_url": "http://127.0.0.1:8083",
        "developer_client_id": "developer",
        "developer_client_secret": "hush",
        "brokers": "127.0.0.1:9092",
    }
    (home / "stack").mkdir()
    state = {"phase": "ready", "supervisor": {"pid": pid, "started": 1.0}, "connection": connection}
    (home / "stack" / "state.json").write_text(json.dumps(state))


def test_without_profile_and_stack_one_learns_how_to_get_either() -> None:
    with pytest.raises(NoStack, match=r"hanzo-twin dev up.*hanzo-twin profile add"):
        Client()


def test_the_local_stack_is_used_as_its_developer(home: Path) -> None:
    stack_in(home, os.getpid())
    found = access.chosen()
    assert (found.url, found.profile) == ("http://127.0.0.1:8082", "local")
    assert isinstance(found.tokens, ClientCredentials)
    assert found.tokens.token_url == "http://127.0.0.1:8083/token"


def test_a_stack_whose_supervisor_has_ended_is_none(home: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    stack_in(home, ended.pid)
    with pytest.raises(NoStack, match="no stack runs"):
        access.local()


def test_the_profile_in_use_wins_over_the_local_stack(home: Path) -> None:
    stack_in(home, os.getpid())
    keep("prod", prod={"url": "https://twin.test", "token": "t", "organization": "acme"})
    found = access.chosen()
    assert (found.url, found.profile, found.organization) == ("https://twin.test", "prod", "acme")
    assert access.chosen("local").url == "http://127.0.0.1:8082"


def test_a_variable_wins_over_the_profile_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("prod", prod={"url": "https://twin.test"}, test={"url": "https://test.test"})
    monkeypatch.setenv(access.PROFILE, "test")
    assert access.chosen().url == "https://test.test"
    monkeypatch.setenv(access.URL, "https://ci.test")
    assert (access.chosen().url, type(access.chosen().tokens)) == ("https://ci.test", Anonymous)
    monkeypatch.setenv(access.TOKEN, "t")
    assert isinstance(access.chosen().tokens, Given)


def test_an_unknown_profile_names_those_there_are() -> None:
    keep(prod={"url": "https://twin.test"})
    with pytest.raises(ProfileError, match="There are: local, prod"):
        access.chosen("prd")


def carried(tokens: Any) -> Any:
    """What tokens that need no answer of anybody give."""
    flow = tokens.get(renew=False)
    try:
        step = next(flow)
        flow.send(step.do())
    except StopIteration as done:
        return done.value
    raise AssertionError("one step is enough")


def test_a_token_command_gives_the_token_that_it_prints() -> None:
    keep("prod", prod={"url": "https://twin.test", "token_command": f"{sys.executable} -c 'print(4711)'"})
    assert carried(access.chosen().tokens) == "4711"


@pytest.mark.parametrize("command", ["/nowhere/program", "false", "true", "unclosed '"])
def test_a_token_command_that_gives_none_is_an_error_of_its_profile(command: str) -> None:
    keep("prod", prod={"url": "https://twin.test", "token_command": command})
    with pytest.raises(ProfileError, match="profile prod: the token command"):
        carried(access.chosen().tokens)


def test_the_file_is_its_owners_alone(home: Path) -> None:
    keep("prod", prod={"url": "https://twin.test", "token": "t"})
    path = home / "hanzo-twin" / "config.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(ProfileError, match="chmod 600"):
        access.chosen()
