"""Dead letters, the audit log, and who one is."""

from __future__ import annotations

from hanzo_twin.client.calls.paths import Pages, get, given, path
from hanzo_twin.client.session import Call, one
from hanzo_twin.client.wire import Request
from hanzo_twin.models import AuditEntry, DeadLetter, Identity, Redrive


def list_dead_letters(*, topic: str | None = None, page_size: int = 100) -> Pages[DeadLetter]:
    """Records that nobody could handle, newest first; without their content."""
    return Pages(DeadLetter, path("dead-letters"), given(topic=topic, limit=page_size))


def get_dead_letter(letter: str) -> Call[DeadLetter]:
    """One record that nobody could handle, with its content."""
    return get(DeadLetter, "dead-letters", letter)


def redrive_dead_letter(letter: str) -> Call[Redrive]:
    """Send such a record again to where it came from, in one's own name."""
    return Call(Request("POST", path("dead-letters", letter, "redrive")), one(Redrive))


def list_audit(*, page_size: int = 100) -> Pages[AuditEntry]:
    """Who did what, newest first."""
    return Pages(AuditEntry, path("audit"), given(limit=page_size))


def whoami() -> Call[Identity]:
    """Who one is for the API, and what one may do."""
    return get(Identity, "whoami")
