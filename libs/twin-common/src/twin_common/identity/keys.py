"""The issuer's public keys (JWKS): fetched when needed, refreshed in the background, kept while it is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

from twin_common.identity.errors import IssuerUnreachable
from twin_common.identity.wire import exchange

_log = logging.getLogger(__name__)

_LEAST_BITS = 2048

Fetch = Callable[[], Awaitable[list[Any]]]
"""Gives the keys that an issuer publishes, or raises IssuerUnreachable."""


def published_at(url: str) -> Fetch:
    """Fetches the key set (RFC 7517) of a URL."""

    async def fetch() -> list[Any]:
        status, answer = await exchange("GET", url)
        keys = answer.get("keys")
        if status != 200 or not isinstance(keys, list):
            raise IssuerUnreachable(f"{url} answers with status {status} and no key set; see auth.jwks_url")
        return keys

    return fetch


class KeySet:
    """RSA keys by their ids.

    Args:
        fetch: asks the issuer for them.
        refresh_s: keys older than this are fetched again, while they go on being used.
        retry_s: the issuer is asked at most this often, whatever tokens name.
        monotonic: seconds that only grow.

    Attributes:
        generation: grows whenever a key is replaced, added or withdrawn.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        refresh_s: float = 300.0,
        retry_s: float = 3.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.generation = 0
        self._fetch = fetch
        self._refresh_s = refresh_s
        self._retry_s = retry_s
        self._now = monotonic
        self._keys: dict[str, RSAPublicKey] = {}
        self._published: Any = None
        self._fetched: float | None = None
        self._asked: float | None = None
        self._problem: IssuerUnreachable | None = None
        self._turn = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> RSAPublicKey | None:
        """The key of an id; None when the issuer has none of it.

        Raises:
            IssuerUnreachable: the keys have never been fetched, and can't be now.
        """
        found = self._keys.get(kid)
        if found is None:
            await self._ask()
            if self._fetched is None:
                assert self._problem is not None
                raise IssuerUnreachable(str(self._problem)) from self._problem
            found = self._keys.get(kid)
        self.keep_fresh()
        return found

    def keep_fresh(self) -> None:
        """Fetch old keys again in the background; nobody waits for it."""
        old = self._fetched is not None and self._now() - self._fetched > self._refresh_s
        if old and self._may_ask() and (self._background is None or self._background.done()):
            self._background = asyncio.create_task(self._ask())

    async def close(self) -> None:
        """Give up a fetch that is under way."""
        if self._background is not None:
            self._background.cancel()
            await asyncio.gather(self._background, return_exceptions=True)

    def _may_ask(self) -> bool:
        return self._asked is None or self._now() - self._asked >= self._retry_s

    async def _ask(self) -> None:
        """Fetch, unless somebody just has."""
        async with self._turn:
            if not self._may_ask():
                return
            self._asked = self._now()
            try:
                published = await self._fetch()
            except IssuerUnreachable as problem:
                self._problem = problem
                if self._fetched is not None:
                    _log.warning("going on with the keys known: %s", problem)
                return
            self._take(published)

    def _take(self, published: list[Any]) -> None:
        self._fetched, self._problem = self._now(), None
        if published == self._published:
            return
        keys: dict[str, RSAPublicKey] = {}
        for entry in published:
            if (key := _usable(entry)) is not None:
                keys.setdefault(entry["kid"], key)
        self._keys, self._published = keys, published
        self.generation += 1


def _usable(entry: Any) -> RSAPublicKey | None:
    """A published key when it is for RS256 signatures; others are somebody else's business."""
    if not isinstance(entry, dict) or entry.get("kty") != "RSA" or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256" or "d" in entry:
        return None
    try:
        key = RSAAlgorithm.from_jwk(entry)
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_BITS else None
