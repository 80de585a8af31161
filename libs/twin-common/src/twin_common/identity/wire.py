"""One small HTTP exchange with the issuer: bounded in time and size, and never redirected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from twin_common.identity.errors import IssuerUnreachable

_TIMEOUT = aiohttp.ClientTimeout(total=5.0)
_MOST_BYTES = 1_000_000


async def exchange(
    method: str, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Send a request and read its JSON answer.

    Args:
        method: `GET` or `POST`.
        url: where.
        form: fields of a form as the body.
        headers: beside the usual ones.

    Returns:
        Status and answer; an answer that isn't a JSON object is an empty one.

    Raises:
        IssuerUnreachable: nobody answers there, too late, too much, or with an error of the server.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.request(method, url, data=form, headers=headers, allow_redirects=False) as answer,
        ):
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise IssuerUnreachable(f"the issuer at {url} answers with more than {_MOST_BYTES} bytes")
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise IssuerUnreachable(
            f"the issuer at {url} doesn't answer: {error or type(error).__name__}; see auth.iam_url"
        ) from error
    if status >= 500 or status == 429:
        raise IssuerUnreachable(f"the issuer at {url} answers with status {status}")
    return status, _object(bytes(body))


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
