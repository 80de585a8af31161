"""How to reach a stack: what services, commands and tests need to know of it, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from hanzo_twin.stack.errors import StackNotRunning
from hanzo_twin.stack.home import find_home

if TYPE_CHECKING:
    from twin_common.settings import Settings


class Connection(BaseModel):
    """The addresses of the running parts, whoever started them.

    Attributes:
        home: the stack's folder.
        brokers: Kafka, as `host:port` with commas.
        mqtt_url: as `mqtt://host:port`.
        database_url: PostgreSQL, with its password.
        storage_endpoint: URL of the S3 endpoint.
        storage_access_key: S3 access key id.
        storage_secret_key: S3 secret key.
        api_url: the REST API, where it is when an api-gateway runs.
        issuer_url: who signs tokens; empty: nobody, and tokens aren't verified.
        developer_client_id: a client of the stack's own issuer that may choose organisation and role.
        developer_client_secret: the secret to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    brokers: str
    mqtt_url: str
    database_url: str
    storage_endpoint: str
    storage_access_key: str
    storage_secret_key: str
    api_url: str = ""
    issuer_url: str = ""
    developer_client_id: str = ""
    developer_client_secret: str = ""

    def __repr__(self) -> str:
        """Without passwords and keys."""
        return f"Connection(home={str(self.home)!r}, brokers={self.brokers!r}, api_url={self.api_url!r})"

    __str__ = __repr__

    def environment(self) -> dict[str, str]:
        """The variables that make `load_settings` connect to this stack, with the developer's tokens."""
        identity = {
            "HANZO_TWIN_AUTH_IAM_URL": self.issuer_url,
            "HANZO_TWIN_AUTH_CLIENT_ID": self.developer_client_id,
            "HANZO_TWIN_AUTH_CLIENT_SECRET": self.developer_client_secret,
        }
        return {
            "HANZO_TWIN_HOME": str(self.home),
            "HANZO_TWIN_STREAM_BROKERS": self.brokers,
            "HANZO_TWIN_MQTT_DEFAULT_BROKER": self.mqtt_url,
            "HANZO_TWIN_DATABASE_URL": self.database_url,
            "HANZO_TWIN_STORAGE_ENDPOINT": self.storage_endpoint,
            "HANZO_TWIN_STORAGE_ACCESS_KEY": self.storage_access_key,
            "HANZO_TWIN_STORAGE_SECRET_KEY": self.storage_secret_key,
            **{name: value for name, value in identity.items() if value},
        }

    def settings(self, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of a process of this stack; variables that the user has set win.

        Args:
            environ: the environment; the process's when None.

        Raises:
            SettingsError: the config file or a variable is wrong.
        """
        from twin_common.settings import load_settings

        return load_settings(environ={**self.environment(), **(os.environ if environ is None else environ)})


def load(home: Path | None = None) -> Connection:
    """The connection of the stack that runs in a home.

    Args:
        home: its folder; the usual one when None (`hanzo_twin.stack.home.find_home`).

    Raises:
        StackNotRunning: nothing runs there.
    """
    from hanzo_twin.stack.state import read_state

    where = find_home(home)
    state = read_state(where)
    if state is None or state.connection is None or not state.running():
        raise StackNotRunning(f"no stack runs in {where.root}; start it with: hanzo-twin dev up")
    return state.connection
