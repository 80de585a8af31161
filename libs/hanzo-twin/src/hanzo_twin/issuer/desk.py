"""Who gets which token: OAuth2 client credentials (RFC 6749), without any network."""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from hanzo_twin.issuer.config import Client
from twin_common.mint import Mint

USUAL_S = 3600
LONGEST_S = 31 * 24 * 3600

_ORG = re.compile(r"[a-z0-9-]{1,63}")
_ROLES = re.compile(r"twin-[a-z]+( twin-[a-z]+)*")
_ACTOR = re.compile(r"[A-Za-z0-9._@+-]{1,100}")
_TTL = re.compile(r"[0-9]{1,9}")


class Refusal(Exception):
    """No token.

    Attributes:
        status: of HTTP.
        code: of RFC 6749, section 5.2.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Desk:
    """Gives tokens to clients.

    Args:
        mint: signs them.
        clients: by their ids.
    """

    def __init__(self, mint: Mint, clients: Mapping[str, Client]) -> None:
        self._mint = mint
        self._clients = clients

    def grant(self, form: Mapping[str, str], authorization: str | None, now_s: float) -> dict[str, Any]:
        """Answer a token request.

        Args:
            form: its fields; a client that chooses may give `org`, `role` (several with spaces), `actor` and `ttl`
                (seconds).
            authorization: the header, when the client names itself there.
            now_s: s since the Unix epoch.

        Returns:
            The answer of RFC 6749, section 5.1.

        Raises:
            Refusal: the client isn't known, or what it asks for isn't possible.
        """
        name, client = self._client(form, authorization)
        if form.get("grant_type") != "client_credentials":
            raise Refusal(400, "unsupported_grant_type", "grant_type must be client_credentials")
        asked = {field: form[field] for field in ("org", "role", "actor") if form.get(field)}
        if asked and not client.chooses:
            raise Refusal(400, "invalid_request", f"client {name} may not choose {', '.join(asked)}")
        org = _checked("org", asked.get("org", client.org), _ORG)
        roles = _checked("role", asked.get("role", client.role), _ROLES).split()
        actor = _checked("actor", asked.get("actor", name), _ACTOR)
        ttl_s = int(_checked("ttl", form.get("ttl") or str(USUAL_S), _TTL))
        if not 1 <= ttl_s <= LONGEST_S:
            raise Refusal(400, "invalid_request", f"ttl must be 1 to {LONGEST_S} seconds")
        token = self._mint.token(org=org, actor=actor, roles=roles, now_s=now_s, ttl_s=ttl_s)
        return {"access_token": token, "token_type": "Bearer", "expires_in": ttl_s}

    def _client(self, form: Mapping[str, str], authorization: str | None) -> tuple[str, Client]:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization is not None:
            name, secret = _basic(authorization)
        client = self._clients.get(name)
        # Compared even when there is no such client, so that the time doesn't tell.
        expected = client.secret if client is not None else ""
        if not hmac.compare_digest(secret.encode(), expected.encode()) or client is None or not expected:
            raise Refusal(401, "invalid_client", "no client has this id and secret")
        return name, client


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    try:
        name, _, secret = b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        name = secret = ""
    if scheme.lower() != "basic":
        name = secret = ""
    return unquote_plus(name), unquote_plus(secret)


def _checked(field: str, value: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(value):
        raise Refusal(400, "invalid_request", f"{field} must match {form.pattern}")
    return value
