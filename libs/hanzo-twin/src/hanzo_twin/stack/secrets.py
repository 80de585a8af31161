"""Passwords of the parts that the stack runs itself: made once for each home, never shown."""

from __future__ import annotations

import hmac
import secrets

from pydantic import BaseModel, ConfigDict

from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.home import Home


class Secrets(BaseModel):
    """The stack's own passwords.

    Attributes:
        database: of PostgreSQL's superuser.
        storage: the S3 secret key.
        clients: what the secrets of the issuer's clients are derived from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    storage: str
    clients: str = ""

    def client(self, name: str) -> str:
        """The secret of one of the issuer's clients."""
        return hmac.digest(self.clients.encode(), name.encode(), "sha256").hex()


def load_secrets(home: Home) -> Secrets:
    """The home's passwords; made at the first call."""
    if home.secrets.exists():
        known = Secrets.model_validate_json(home.secrets.read_bytes())
    else:
        known = Secrets(database=secrets.token_urlsafe(24), storage=secrets.token_urlsafe(24))
    if not known.clients:  # a home of an earlier version has none
        known = known.model_copy(update={"clients": secrets.token_urlsafe(24)})
        write_private(home.secrets, known.model_dump_json())
    return known
