"""Tokens for a program's own use: OAuth2 client credentials, renewed before they expire."""

from __future__ import annotations

from typing import Protocol

from twin_common.settings import Settings


class TokenSource(Protocol):
    """Gives bearer tokens."""

    async def token(self) -> str | None:
        """A token that is valid for a while yet; None where no tokens are asked for.

        Raises:
            IssuerUnreachable: the issuer doesn't answer, and there is none left that is valid.
            Unauthenticated: the issuer refuses the client's name or secret.
        """
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...


class NoTokens:
    """For surroundings without an issuer."""

    async def token(self) -> str | None:
        """None."""
        return None

    async def close(self) -> None:
        """Nothing to release."""


class FixedToken:
    """One token, as somebody gave it.

    Args:
        token: without `Bearer `.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str | None:
        """The token."""
        return self._token

    async def close(self) -> None:
        """Nothing to release."""


def token_source(settings: Settings) -> TokenSource:
    """Client credentials when the settings have a client id and secret, else `NoTokens`."""
    from twin_common.identity.credentials import ClientCredentials

    auth = settings.auth
    if auth.client_id is None or auth.client_secret is None:
        return NoTokens()
    return ClientCredentials(auth.token_endpoint, auth.client_id, auth.client_secret)
