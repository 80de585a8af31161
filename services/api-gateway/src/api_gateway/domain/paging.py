"""Cursors: where the next page begins. Stable while things come and go, since a cursor names a place, not a number."""

from __future__ import annotations

import base64
import binascii

from api_gateway.errors import FieldError, Problem


def cursor_after(name: str) -> str:
    """The cursor of what comes after `name`; opaque to callers."""
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def after_cursor(cursor: str | None) -> str | None:
    """The name that a cursor stands for.

    Raises:
        Problem: `invalid_request`: no page gave that cursor.
    """
    if cursor is None:
        return None
    try:
        name = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        name = ""
    if not name:
        message = "isn't a cursor of an earlier page; leave it out to begin at the first"
        raise Problem("invalid_request", f"cursor: {message}", errors=[FieldError("cursor", message)])
    return name
