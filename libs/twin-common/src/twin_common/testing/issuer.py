"""An issuer without a process, for tests of whatever asks a guard."""

from __future__ import annotations

from functools import cache
from typing import Any

from twin_common.identity.keys import KeySet
from twin_common.identity.tokens import TokenGuard
from twin_common.mint import Mint, new_private_key

ISSUER = "http://127.0.0.1:1/test-issuer"
PLATFORM = "local"
"""The platform's own organisation, as in the default settings."""


@cache
def private_key(number: int = 0) -> str:
    """A key that this process makes once; another number gives another one."""
    return new_private_key()


class InMemoryIssuer:
    """Signs tokens, and gives guards that know its key."""

    def __init__(self) -> None:
        self.mint = Mint(ISSUER, private_key())

    def token(
        self,
        *,
        org: str = PLATFORM,
        actor: str = "tester",
        role: str = "twin-admin",
        now_s: float = 0.0,
        ttl_s: float = 1e10,
    ) -> str:
        """A token; good at any time unless told otherwise."""
        return self.mint.token(org=org, actor=actor, roles=[role], now_s=now_s, ttl_s=ttl_s)

    def service_token(self, actor: str = "sim-worker") -> str:
        """A token of one of the platform's service accounts."""
        return self.token(actor=actor, role="twin-service")

    def guard(self, *, leeway_s: float = 5.0) -> TokenGuard:
        """A guard that accepts this issuer's tokens."""
        return TokenGuard(
            KeySet(self._published),
            issuer=ISSUER,
            audience=self.mint.audience,
            platform=PLATFORM,
            leeway_s=leeway_s,
        )

    async def _published(self) -> list[Any]:
        keys = self.mint.key_set()["keys"]
        assert isinstance(keys, list)
        return keys
