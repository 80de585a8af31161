"""What a token says: strict reading of its header and of its claims. Nothing here trusts a signature."""

from __future__ import annotations

import binascii
import json
import math
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

from twin_common.identity.errors import Unauthenticated

LONGEST = 8192
"""Characters of a token; longer ones aren't even looked at."""

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ORG = re.compile(r"[a-z0-9-]{1,63}")
_ACTOR = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")
_TYPES = (None, "JWT", "jwt", "at+jwt")
_FOREIGN_KEYS = ("jwk", "jku", "x5u", "x5c", "crit")
"""Headers by which a token would bring its own key, or ask for rules of its own."""

_LATEST_S = 1 << 40


@dataclass(frozen=True, slots=True)
class Claims:
    """What the issuer says of the bearer.

    Attributes:
        actor: the subject.
        org: their organisation.
        roles: names as given; unknown ones, too.
        begins_ns: not valid before, ns since the Unix epoch.
        expires_ns: not valid after.
    """

    actor: str
    org: str
    roles: tuple[str, ...]
    begins_ns: int
    expires_ns: int


def read_header(token: str) -> str:
    """The id of the key that a token claims to be signed with.

    Raises:
        Unauthenticated: it isn't an RS256 token, or it is one that brings its own key.
    """
    if len(token) > LONGEST:
        raise Unauthenticated(f"the token is longer than {LONGEST} characters; that is none of ours")
    if not _FORM.fullmatch(token):
        raise _bad("it isn't three base64url parts with dots between")
    header = _object(_decoded(token.partition(".")[0]), "header")
    if header.get("alg") != "RS256":
        raise _bad("it isn't signed with RS256")
    if header.get("typ") not in _TYPES:
        raise _bad("its header `typ` isn't JWT")
    if brought := [name for name in _FOREIGN_KEYS if name in header]:
        raise _bad(f"its header has `{brought[0]}`")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _bad("its header names no key (`kid`)")
    return kid


def read_claims(payload: bytes, *, issuer: str, audience: str) -> Claims:
    """The claims of a token whose signature is good.

    Args:
        payload: its middle part, decoded.
        issuer: what `iss` must be.
        audience: what `aud` must contain.

    Raises:
        Unauthenticated: a claim is missing or wrong; the message names it.
    """
    claims = _object(payload, "payload")
    if claims.get("iss") != issuer:
        raise _bad("it comes from another issuer (`iss`)")
    aud = claims.get("aud")
    if audience not in (aud if isinstance(aud, list) else [aud]):
        raise _bad(f"it is meant for somebody else: `aud` must be {audience}")
    roles = claims.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise _bad("its claim `roles` isn't a list of names")
    _text(claims, "jti", _ACTOR)
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    begins = max(issued, _time(claims, "nbf")) if "nbf" in claims else issued
    return Claims(_text(claims, "sub", _ACTOR), _text(claims, "org", _ORG), tuple(roles), begins, expires)


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise _bad("its header isn't base64url") from None


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _bad(f"its {what} isn't a JSON object, or names something twice") from None
    if not isinstance(value, dict):
        raise _bad(f"its {what} isn't a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} isn't JSON")


def _text(claims: dict[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _bad(f"its claim `{name}` is missing or malformed")
    return value


def _time(claims: dict[str, Any], name: str) -> int:
    """A NumericDate in ns."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(f"its claim `{name}` is missing or no number")
    if not math.isfinite(value) or not 0 <= value < _LATEST_S:
        raise _bad(f"its claim `{name}` is no time")
    return int(value * 1_000_000_000)


def _bad(reason: str) -> Unauthenticated:
    return Unauthenticated(
        f"the token isn't accepted: {reason}. Get one from the issuer (`hanzo-twin token`)"
    )
