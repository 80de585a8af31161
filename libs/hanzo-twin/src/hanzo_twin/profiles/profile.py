"""One profile."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Profile(BaseModel):
    """Where an API is, and how one gets in.

    Attributes:
        url: of the API, without `/v1`.
        organization: whose twins lists show; all that one may see if not given.
        token: a bearer token.
        token_command: a command that prints one; run again when its token is refused.
        token_url, client_id, client_secret: of a service account (OAuth2 client credentials).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^/\s]+(/\S*)?$")
    organization: str | None = None
    token: SecretStr | None = None
    token_command: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        account = (self.token_url, self.client_id, self.client_secret)
        if any(account) and not all(account):
            raise ValueError("token_url, client_id and client_secret belong together")
        if sum(map(bool, (self.token, self.token_command, self.token_url))) > 1:
            raise ValueError("token, token_command and token_url exclude each other: give one")
        return self

    def way_in(self) -> str:
        """How one gets in, in words that tell no secret."""
        if self.token_command:
            return f"command: {self.token_command}"
        if self.token_url:
            return f"client {self.client_id} at {self.token_url}"
        return "a token" if self.token else "no token"
