"""Profiles survive being written, and their secrets are not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanzo_twin.profiles import Profile, Profiles, read_profiles, write_profiles
from hanzo_twin.profiles.file import ProfileError

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


@given(token=TEXT, organization=TEXT)
def test_whatever_is_written_is_read_again(
    token: str, organization: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    profile = Profile(url="https://twin.test/base", token=token, organization=organization)
    written = Profiles(current="prod", profiles={"prod": profile, "b": Profile(url="http://b")})
    write_profiles(written, path)
    assert read_profiles(path) == written


def test_secrets_are_not_shown() -> None:
    profile = Profile(url="http://b", token_url="http://c", client_id="robot", client_secret="hush")
    assert "hush" not in repr(profile)
    assert profile.way_in() == "client robot at http://c"


@pytest.mark.parametrize(
    "values",
    [
        {"url": "twin.test"},
        {"url": "ftp://twin.test"},
        {"url": "http://b", "token": "t", "token_command": "c"},
        {"url": "http://b", "client_id": "robot"},
        {"url": "http://b", "colour": "red"},
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        Profile.model_validate(values)


@pytest.mark.parametrize("name", ["local", "", "Prod", "a b", "-a", "x" * 64])
def test_some_names_are_none_for_a_profile(name: str) -> None:
    with pytest.raises(ProfileError):
        Profiles().added(name, Profile(url="http://b"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("current = ", "Invalid value"),
        ("[profiles.prod]\nurl = 3\n", "profiles.prod.url"),
        ("x = 1", "x: Extra"),
    ],
)
def test_a_file_that_is_wrong_is_said_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ProfileError, match=said):
        read_profiles(path)


def test_a_wrong_secret_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[profiles.prod]\nurl = "http://b"\ntoken = ["hush"]\n')
    path.chmod(0o600)
    with pytest.raises(ProfileError) as raised:
        read_profiles(path)
    assert "hush" not in str(raised.value)
