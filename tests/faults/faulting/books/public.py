"""One twin's public stream: when something new was said, and what was said twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from faulting.books.journal import Identity
from faulting.books.times import Times


@dataclass
class PublicBook(Times):
    """What people heard of one twin.

    Attributes:
        twice: identities that were said again, or after something newer.
    """

    twice: list[Identity] = field(default_factory=list)
    _newest: Identity = (0, -1)

    def take(self, at_ms: int, identity: Identity) -> None:
        """Enter the next record."""
        if identity <= self._newest:
            self.twice.append(identity)
            return
        self._newest = identity
        self.note(at_ms)
