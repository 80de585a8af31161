"""The stack that runs on this machine, as its supervisor has written it down; no part of the stack is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from hanzo_twin.errors import HanzoTwinError


class NoStack(HanzoTwinError, ConnectionError):
    """No stack runs here that has an API."""

    exit_code = 4


class _Process(BaseModel):
    pid: int


class _Connection(BaseModel):
    api_url: str
    brokers: str = ""
    mqtt_url: str = ""
    issuer_url: str = ""
    developer_client_id: str = ""
    developer_client_secret: SecretStr = SecretStr("")


class _State(BaseModel):
    supervisor: _Process
    connection: _Connection | None = None


@dataclass(frozen=True, slots=True)
class LocalStack:
    """How to reach the local stack's API as its developer.

    Attributes:
        url: of the API.
        token_url: of its development issuer; empty: it verifies no tokens.
        client_id: the developer.
        client_secret: never shown.
        variables: its brokers, under the names that a twin's YAML may use.
    """

    url: str
    token_url: str
    client_id: str
    client_secret: SecretStr
    variables: Mapping[str, str] = field(default_factory=dict)


def home() -> Path:
    """`$HANZO_TWIN_HOME`, else `.hanzo-twin` in the checkout that this runs from, else in the current folder."""
    configured = os.environ.get("HANZO_TWIN_HOME")
    if configured:
        return Path(configured).expanduser().resolve()
    parents = Path(__file__).resolve().parents
    checkout = next((folder for folder in parents if (folder / "deploy/kafka/pom.xml").is_file()), None)
    return (checkout or Path.cwd()) / ".hanzo-twin"


def find(where: Path | None = None) -> LocalStack:
    """The stack that runs in a home.

    Args:
        where: its folder; the usual one when None.

    Raises:
        NoStack: nothing runs there, or nothing with an API.
    """
    where = where or home()
    start = "start it with: hanzo-twin dev up, or name another place with: hanzo-twin profile add"
    try:
        state = _State.model_validate_json((where / "state.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        raise NoStack(f"no stack with an API runs in {where}; {start}") from None
    if state.connection is None or not _alive(state.supervisor.pid):
        raise NoStack(f"no stack runs in {where}; {start}")
    there = state.connection
    if not there.api_url:
        raise NoStack(f"the stack in {where} runs without an API; {start}")
    return LocalStack(
        there.api_url,
        f"{there.issuer_url.rstrip('/')}/token" if there.issuer_url else "",
        there.developer_client_id,
        there.developer_client_secret,
        {
            "HANZO_TWIN_MQTT_DEFAULT_BROKER": there.mqtt_url,
            "HANZO_TWIN_STREAM_BROKERS": there.brokers,
        },
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
