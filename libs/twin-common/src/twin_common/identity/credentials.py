"""OAuth2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import asyncio
import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from pydantic import SecretStr

from twin_common.identity.errors import IssuerUnreachable, Unauthenticated
from twin_common.identity.wire import exchange

_log = logging.getLogger(__name__)

_LIFE_S = 300.0


class ClientCredentials:
    """Asks the issuer for tokens in the name of a client; one token serves until a fifth of its life is left.

    Args:
        url: the issuer's token endpoint.
        client_id: the client's name.
        client_secret: proves it.
        extra: further fields of the request; the development issuer takes `org`, `role` and `ttl`.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: SecretStr,
        *,
        extra: Mapping[str, str] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client_id = client_id
        self._secret = client_secret
        self._extra = dict(extra or {})
        self._now = monotonic
        self._token: str | None = None
        self._renew_at = 0.0
        self._dead_at = 0.0
        self._turn = asyncio.Lock()

    async def token(self) -> str:
        """As `TokenSource.token`. While the issuer is away, the token at hand serves to its end."""
        if self._token is not None and self._now() < self._renew_at:
            return self._token
        async with self._turn:
            if self._token is None or self._now() >= self._renew_at:
                await self._renew()
            assert self._token is not None
            return self._token

    async def close(self) -> None:
        """Nothing to release."""

    async def _renew(self) -> None:
        try:
            token, life_s = await self._ask()
        except IssuerUnreachable as error:
            if self._token is None or self._now() >= self._dead_at:
                raise
            _log.warning("going on with the token at hand: %s", error)
            self._renew_at = min(self._dead_at, self._now() + 1.0)
            return
        self._token = token
        self._renew_at = self._now() + 0.8 * life_s
        self._dead_at = self._now() + life_s

    async def _ask(self) -> tuple[str, float]:
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret.get_secret_value())}"
        status, answer = await exchange(
            "POST",
            self._url,
            form={"grant_type": "client_credentials", **self._extra},
            headers={"Authorization": f"Basic {b64encode(pair.encode()).decode()}"},
        )
        token, life = answer.get("access_token"), answer.get("expires_in", _LIFE_S)
        if status != 200 or not isinstance(token, str) or not token:
            raise Unauthenticated(
                f"the issuer at {self._url} gives client {self._client_id} no token (status {status}, "
                f"{answer.get('error_description') or answer.get('error') or 'no reason given'}); "
                "see auth.client_id and auth.client_secret"
            )
        usable = isinstance(life, int | float) and not isinstance(life, bool) and 0 < life < 1e9
        return token, float(life) if usable else _LIFE_S
