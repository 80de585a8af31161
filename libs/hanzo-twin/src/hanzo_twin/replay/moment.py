"""A moment of a twin's past, as people name it: a journal offset or a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hanzo_twin.errors import MomentUnknown


@dataclass(frozen=True, slots=True)
class Moment:
    """Exactly one of these.

    Attributes:
        offset: of a journal record.
        time_ms: of an append, ms since the Unix epoch.
    """

    offset: int | None = None
    time_ms: int | None = None

    @classmethod
    def parse(cls, text: str) -> Moment:
        """`120431`, or `2026-11-21T12:20:26Z`.

        Raises:
            MomentUnknown: neither.
        """
        if text.isascii() and text.isdigit():
            return cls(offset=int(text))
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise MomentUnknown(text) from None
        return cls(time_ms=round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000))
