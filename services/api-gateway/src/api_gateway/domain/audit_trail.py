"""Who did what: the decisions that were noted for an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from twin_schemas.records import AuditRecord


class Noted(NamedTuple):
    """A decision and its offset."""

    offset: int
    record: AuditRecord


class TrailPage(NamedTuple):
    """Decisions, the newest first, and the offset in front of which older ones are looked for; None: there are none."""

    decisions: Sequence[Noted]
    before: int | None


class Trail(Protocol):
    """Reads `audit.log`."""

    async def newest(self, org: str, before: int | None, limit: int) -> TrailPage:
        """Up to `limit` decisions of an organisation; only those in front of offset `before`.

        A page may have fewer, even none, though older ones follow: those of others in between have taken its time.

        Raises:
            Problem: `unavailable` when no broker answers, or others are reading.
        """
        ...
