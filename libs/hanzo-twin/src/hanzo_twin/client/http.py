"""How httpx is set up."""

from __future__ import annotations

from typing import Any

import httpx

from hanzo_twin.client.following import SILENCE_S

CONNECT_S = 5.0
STREAM_TIMEOUT = httpx.Timeout(SILENCE_S, connect=CONNECT_S)


def options(timeout: float, verify: bool | str) -> dict[str, Any]:
    """The arguments of either client of httpx.

    A redirect is never followed: it would carry the token to somebody else.
    """
    return {
        "timeout": httpx.Timeout(timeout, connect=CONNECT_S),
        "headers": {"User-Agent": "hanzo-twin", "Accept": "application/json, application/problem+json"},
        "follow_redirects": False,
        "verify": verify,
    }
