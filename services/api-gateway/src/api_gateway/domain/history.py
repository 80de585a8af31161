"""A twin's journal as far as it is kept anywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from api_gateway.domain.entries import TwinEntry
from twin_schemas.record import Record


class Told(NamedTuple):
    """A record of a journal.

    Attributes:
        offset: in the journal's partition.
        at_ns: when it was appended, ns since the Unix epoch.
        record: decoded; None: it can't be.
        error: why not.
    """

    offset: int
    at_ns: int
    record: Record | None
    error: str | None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Records in the order of the journal.

    Attributes:
        records: of the twin.
        next: the offset to go on at; None: this is the journal's end of now.
    """

    records: Sequence[Told]
    next: int | None


class History(Protocol):
    """Reads journals."""

    async def page(
        self, twin: TwinEntry, start: int | None, since_ms: int | None, types: Collection[str], limit: int
    ) -> JournalPage:
        """Up to `limit` records of these types (all, when none is named), from an offset or a time on.

        Raises:
            Problem: `beyond_retention` when what is asked for is kept nowhere any more, with the nearest state that
                is; `unavailable` when the broker or object storage doesn't answer.
        """
        ...
