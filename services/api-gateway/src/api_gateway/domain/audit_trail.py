"""Who did what: the decisions that were noted for an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from twin_schemas.records import AuditRecord


class Noted(NamedTuple):
    """A decision and its offset."""

    offset: int
    record: AuditRecord


class Trail(Protocol):
    """Reads `audit.log`."""

    async def newest(self, org: str, before: int | None, limit: int) -> Sequence[Noted]:
        """Up to `limit` decisions of an organisation, the newest first; only those in front of offset `before`.

        Raises:
            Problem: `unavailable` when no broker answers.
        """
        ...
