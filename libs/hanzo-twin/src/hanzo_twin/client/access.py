"""Where a client goes when nobody says so, and how it gets in."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hanzo_twin.client import local as stack
from hanzo_twin.client.tokens import Anonymous, ClientCredentials, Given, Tokens
from hanzo_twin.profiles import Profile, read_profiles
from hanzo_twin.profiles.file import LOCAL, ProfileError

URL, TOKEN, PROFILE = "HANZO_TWIN_API_URL", "HANZO_TWIN_API_TOKEN", "HANZO_TWIN_PROFILE"
"""Variables that name another place for one process; the URL wins over the profile."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where an API is, and how one gets in.

    Attributes:
        url: of the API, without `/v1`.
        tokens: where bearer tokens come from.
        profile: its name, if it has one.
        organization: whose twins lists show; all that one may see when None.
        variables: for `${NAME}` in the YAML of twins that shall run there.
    """

    url: str
    tokens: Tokens
    profile: str | None = None
    organization: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def chosen(profile: str | None = None) -> Access:
    """The place that a profile names; without one: the variables, the profile in use, the local stack.

    Raises:
        ProfileError: there is no such profile, or the file with them is wrong.
        NoStack: the local stack is meant, and none runs.
    """
    if profile is None and (url := os.environ.get(URL)):
        token = os.environ.get(TOKEN)
        return Access(url, Given(token) if token else Anonymous())
    known = read_profiles()
    name = profile or os.environ.get(PROFILE) or known.current or LOCAL
    return local() if name == LOCAL else of_profile(name, known.get(name))


def local(home: Path | None = None) -> Access:
    """The stack that runs on this machine, as its developer.

    Raises:
        NoStack: none runs.
    """
    found = stack.find(home)
    tokens: Tokens = Anonymous()
    if found.token_url:
        secret = found.client_secret.get_secret_value()
        tokens = ClientCredentials(found.token_url, found.client_id, secret)
    return Access(found.url, tokens, LOCAL, variables=found.variables)


def of_profile(name: str, profile: Profile) -> Access:
    """The place that a profile names."""
    tokens: Tokens = Anonymous()
    if profile.token is not None:
        tokens = Given(profile.token.get_secret_value())
    elif profile.token_command is not None:
        tokens = Given(partial(_ask, name, profile.token_command))
    elif profile.token_url is not None:
        assert profile.client_id is not None and profile.client_secret is not None
        secret = profile.client_secret.get_secret_value()
        tokens = ClientCredentials(profile.token_url, profile.client_id, secret)
    return Access(profile.url, tokens, name, profile.organization)


def _ask(name: str, command: str) -> str:
    """What a command prints; its own messages go where ours do."""
    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, check=False)
    except (OSError, ValueError) as error:
        raise ProfileError(f"profile {name}: the token command can't be run: {error}") from None
    if done.returncode or not done.stdout.strip():
        raise ProfileError(f"profile {name}: the token command gave no token (exit code {done.returncode})")
    return done.stdout
