"""The guard that verifies: RS256 signatures against the issuer's keys, then claims, then the moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

from jwt import PyJWS, PyJWTError

from twin_common.identity.claims import LONGEST, Claims, read_claims, read_header
from twin_common.identity.errors import Forbidden, Unauthenticated
from twin_common.identity.keys import KeySet, published_at
from twin_common.identity.principal import Principal
from twin_common.identity.roles import role_named, roles, strongest
from twin_common.settings import Settings

_REMEMBERED = 10_000

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    begins_ns: int
    expires_ns: int


class TokenGuard:
    """Verifies tokens; what it has verified once it remembers by the token's SHA-256.

    A token counts as long as its key is published: when the issuer withdraws a key, everything remembered is verified
    anew. While the issuer is away, the keys known go on being used.

    Args:
        keys: the issuer's.
        issuer: what `iss` must be.
        audience: what `aud` must contain.
        platform: the organisation whose service accounts act for any organisation.
        leeway_s: how much clocks may differ.
    """

    def __init__(
        self, keys: KeySet, *, issuer: str, audience: str, platform: str, leeway_s: float = 5.0
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._platform = platform
        self._leeway_ns = int(leeway_s * 1_000_000_000)
        self._jws = PyJWS(algorithms=["RS256"])
        self._generation = keys.generation
        self._verified: dict[bytes, _Verified] = {}
        self._refused: dict[bytes, tuple[type[Unauthenticated] | type[Forbidden], str, str]] = {}

    @classmethod
    def of(cls, settings: Settings) -> TokenGuard:
        """The guard of a process."""
        auth = settings.auth
        return cls(
            KeySet(published_at(auth.keys_endpoint)),
            issuer=auth.trusted_issuer,
            audience=auth.audience,
            platform=settings.security.organization,
            leeway_s=auth.leeway_s,
        )

    async def authenticate(self, token: str | None, at_ns: int) -> Principal:
        """As `Guard.authenticate`; a token without any known role is Forbidden, code `no_role`."""
        if not token:
            raise Unauthenticated(
                "there is no bearer token; send one as `Authorization: Bearer …` (`hanzo-twin token` prints one)"
            )
        known = await self._known(token)
        if at_ns > known.expires_ns + self._leeway_ns:
            raise Unauthenticated("the token has expired; get a new one from the issuer (`hanzo-twin token`)")
        if at_ns < known.begins_ns - self._leeway_ns:
            raise Unauthenticated("the token isn't valid yet; compare this machine's clock with the issuer's")
        return known.principal

    async def check(
        self, token: str | None, org: str, action: str, at_ns: int, *, actor: str | None = None
    ) -> Principal:
        """As `Guard.check`; the claimed actor doesn't matter."""
        principal = await self.authenticate(token, at_ns)
        principal.require(org, action)
        return principal

    def recognises(self, token: str | None) -> bool:
        """As `Guard.recognises`."""
        return token is not None and len(token) <= LONGEST and _digest(token) in self._verified

    async def close(self) -> None:
        """Release what it holds."""
        await self._keys.close()

    async def _known(self, token: str) -> _Verified:
        if len(token) > LONGEST:
            read_header(token)  # refuses it, before anything is computed from it
        digest = _digest(token)
        self._keys.keep_fresh()
        self._forget_if_keys_changed()
        if (known := self._verified.get(digest)) is not None:
            return known
        if (refused := self._refused.get(digest)) is not None:
            kind, message, code = refused
            raise kind(message, code)
        kid = read_header(token)
        key = await self._keys.key(kid)
        self._forget_if_keys_changed()
        if key is None:  # not remembered: the key may be published a moment later
            raise Unauthenticated("the token isn't accepted: the issuer publishes no key of its `kid`")
        try:
            payload = self._jws.decode_complete(token, key, algorithms=["RS256"])["payload"]
            verified = self._admit(read_claims(payload, issuer=self._issuer, audience=self._audience))
        except PyJWTError:
            raise self._remember_refusal(
                digest, Unauthenticated("the token isn't accepted: its signature is wrong")
            ) from None
        except (Unauthenticated, Forbidden) as error:
            raise self._remember_refusal(digest, error) from None
        _bounded(self._verified)[digest] = verified
        return verified

    def _admit(self, claims: Claims) -> _Verified:
        role = strongest(name for name in claims.roles if self._counts(name, claims.org))
        if role is None:
            raise Forbidden(
                f"the token has none of the roles {', '.join(roles())}; ask an administrator of {claims.org} for one",
                "no_role",
            )
        principal = Principal(claims.org, claims.actor, role, claims.expires_ns)
        return _Verified(principal, claims.begins_ns, claims.expires_ns)

    def _counts(self, name: str, org: str) -> bool:
        """Roles that reach any organisation count for the platform's own accounts only."""
        return name in roles() and (not role_named(name).any_organization or org == self._platform)

    def _remember_refusal(
        self, digest: bytes, error: Unauthenticated | Forbidden
    ) -> Unauthenticated | Forbidden:
        _bounded(self._refused)[digest] = (type(error), str(error), error.code)
        return error

    def _forget_if_keys_changed(self) -> None:
        if self._generation != self._keys.generation:
            self._generation = self._keys.generation
            self._verified.clear()
            self._refused.clear()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _bounded(memory: dict[bytes, V]) -> dict[bytes, V]:
    if len(memory) >= _REMEMBERED:
        del memory[next(iter(memory))]
    return memory
