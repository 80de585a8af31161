"""Dead letters, the audit log, journals, and who one is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hanzo_twin.client.calls.paths import Pages, get, given, path
from hanzo_twin.client.session import Call, one
from hanzo_twin.client.wire import Request
from hanzo_twin.models import AuditEntry, DeadLetter, Identity, JournalEntry, Redrive


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


def read_journal(
    ref: str,
    *,
    start: int | None = None,
    since: datetime | None = None,
    types: Sequence[str] = (),
    page_size: int = 100,
) -> Pages[JournalEntry]:
    """A twin's journal in its order, as far back as it is kept; one page has what is there by now.

    Args:
        ref: UUID or name.
        start: an offset to begin at; at the oldest record that is kept if not given.
        since: a time to begin at.
        types: only records of these types.
        page_size: records asked for at once.

    Raises:
        Gone: what is asked for isn't kept any more; its `nearest` says what is.
    """
    when = since.isoformat() if since else None
    query = given(limit=page_size, since=when, type=list(types) or None)
    return Pages(JournalEntry, path("twins", ref, "journal"), {**query, **given(**{"from": start})})


def whoami() -> Call[Identity]:
    """Who one is for the API, and what one may do."""
    return get(Identity, "whoami")
