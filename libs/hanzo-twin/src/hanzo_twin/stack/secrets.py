"""Passwords of the parts that the stack runs itself: made once for each home, never shown."""

from __future__ import annotations

import secrets

from pydantic import BaseModel, ConfigDict

from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.home import Home


class Secrets(BaseModel):
    """The stack's own passwords.

    Attributes:
        database: of PostgreSQL's superuser.
        storage: the S3 secret key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    storage: str


def load_secrets(home: Home) -> Secrets:
    """The home's passwords; made at the first call."""
    if not home.secrets.exists():
        made = Secrets(database=secrets.token_urlsafe(24), storage=secrets.token_urlsafe(24))
        write_private(home.secrets, made.model_dump_json())
    return Secrets.model_validate_json(home.secrets.read_bytes())
