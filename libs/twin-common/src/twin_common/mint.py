"""Makes tokens: for the development issuer and for tests. No service signs anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from twin_common.ids import uuid7

AUDIENCE = "hanzo-twin"


class Mint:
    """A signing key of an issuer.

    Args:
        issuer: what tokens say as `iss`.
        private_key: PEM of an RSA key.
        audience: what tokens say as `aud`.
    """

    def __init__(self, issuer: str, private_key: str, *, audience: str = AUDIENCE) -> None:
        key = serialization.load_pem_private_key(private_key.encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("an RSA key is needed")
        self.issuer = issuer
        self.audience = audience
        self._key = key
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.kid = hashlib.sha256(public).hexdigest()[:16]

    @classmethod
    def new(cls, issuer: str, *, audience: str = AUDIENCE) -> Self:
        """With a key made now."""
        return cls(issuer, new_private_key(), audience=audience)

    def key_set(self) -> dict[str, Any]:
        """What the issuer publishes (JWKS)."""
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def token(
        self, *, org: str, actor: str, roles: Iterable[str], now_s: float, ttl_s: float = 3600.0
    ) -> str:
        """A token.

        Args:
            org: the bearer's organisation.
            actor: the bearer.
            roles: what they are there.
            now_s: issued at, s since the Unix epoch.
            ttl_s: valid for so long.
        """
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": actor,
            "org": org,
            "roles": list(roles),
            "iat": int(now_s),
            "exp": int(now_s + ttl_s),
            "jti": uuid7(),
        }
        return self.sign(claims)

    def sign(self, claims: dict[str, Any], headers: dict[str, Any] | None = None) -> str:
        """Any claims, signed; for tests of what must be refused."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.kid, **(headers or {})})


def new_private_key() -> str:
    """A fresh RSA key of 2048 bits as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
