"""One twin's public stream: when something new was said, what was said twice, and what never."""

from __future__ import annotations

from collections.abc import Set
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
    _owed: set[Identity] = field(default_factory=set)
    _early: set[Identity] = field(default_factory=set)

    def take(self, at_ms: int, identity: Identity) -> None:
        """Enter the next record."""
        if identity <= self._newest:
            self.twice.append(identity)
            return
        self._newest = identity
        self.note(at_ms)
        if identity in self._owed:
            self._owed.remove(identity)
        else:
            self._early.add(identity)

    def owe(self, identities: Set[Identity]) -> None:
        """These have been predicted, so they are to be said, or were."""
        self._owed |= identities - self._early
        self._early -= identities

    def passed_over(self) -> list[Identity]:
        """Those that can't be said any more, as something newer of their incarnation was; asked once for each."""
        passed = {identity for identity in self._owed if identity < self._newest}
        self._owed -= passed
        return sorted(identity for identity in passed if identity[0] == self._newest[0])

    def lose(self) -> None:
        """Nobody knows any more what is to be said."""
        self._owed.clear()
        self._early.clear()
