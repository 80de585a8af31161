"""The one question that everything which acts must ask: who is it, and may they?"""

from __future__ import annotations

from typing import Protocol

from twin_common.identity.principal import Principal
from twin_common.identity.roles import role_named
from twin_common.settings import Settings


class Guard(Protocol):
    """Verifies bearer tokens. One for each process; safe to use from many tasks of one loop."""

    async def authenticate(self, token: str | None, at_ns: int) -> Principal:
        """Who it is.

        Args:
            token: the bearer token without `Bearer `, or None when there was none.
            at_ns: the moment at which it must be valid, ns since the Unix epoch: now for a request, the broker's
                append time for a record.

        Raises:
            Unauthenticated: the token proves nothing.
            IssuerUnreachable: the issuer's keys aren't known yet and can't be had; ask again later.
        """
        ...

    async def check(
        self, token: str | None, org: str, action: str, at_ns: int, *, actor: str | None = None
    ) -> Principal:
        """Who it is, when they may do it. What follows from it is in the name of the principal's `actor`.

        Args:
            token: as above.
            org: the organisation that the thing acted on belongs to.
            action: such as `twins.start`.
            at_ns: as above.
            actor: whom the record claims to come from; it counts only where tokens aren't verified.

        Raises:
            Forbidden: code `other_organization` or `forbidden`.
            Unauthenticated, IssuerUnreachable: as above.
        """
        ...

    def recognises(self, token: str | None) -> bool:
        """Whether the token was verified before; says nothing of whether it is still valid."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...


class OpenGuard:
    """Lets everybody be the administrator of one organisation: development without an issuer.

    Args:
        org: the organisation; others are refused.
    """

    def __init__(self, org: str) -> None:
        self._org = org

    async def authenticate(self, token: str | None, at_ns: int) -> Principal:
        """The administrator."""
        return Principal(self._org, "developer", "twin-admin")

    async def check(
        self, token: str | None, org: str, action: str, at_ns: int, *, actor: str | None = None
    ) -> Principal:
        """The administrator under the claimed name, within the one organisation."""
        principal = Principal(self._org, actor or "developer", "twin-admin")
        # where nobody shows a token, the platform's own services can't be told from anybody else
        service = role_named("twin-service").permissions
        principal.require(org, "twins.read" if action in service else action)
        return principal

    def recognises(self, token: str | None) -> bool:
        """Always: any will do."""
        return True

    async def close(self) -> None:
        """Nothing to release."""


def guard_of(settings: Settings) -> Guard:
    """The guard that the settings ask for.

    Tokens are verified, unless profile `development` has no issuer configured (`auth.iam_url` unset) or
    `auth.verify_tokens` is off.
    """
    from twin_common.identity.tokens import TokenGuard

    if settings.verifies_tokens:
        return TokenGuard.of(settings)
    return OpenGuard(settings.security.organization)
