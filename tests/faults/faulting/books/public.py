"""One twin's public stream: when something new was said, what was said twice, without ground, and what never."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import dataclass, field

from faulting.books.journal import Identity
from faulting.books.times import Times
from twin_schemas.records import PredictionFrame, TwinPrediction


def meant(frame: PredictionFrame) -> bytes:
    """What a prediction says, as a digest that equals that of its public record."""
    innovations = [each.values for each in frame.innovations if each.values]
    return _digest(frame.tick, frame.time_ns, frame.parameter_version, frame.values, innovations)


def said(public: TwinPrediction) -> bytes:
    """What a public record says."""
    values = [number for each in public.values for number in each.values]
    innovations = [each.values for each in public.innovations]
    return _digest(public.tick, public.time_ns, public.parameter_version, values, innovations)


def _digest(*what: object) -> bytes:
    return hashlib.blake2b(repr(what).encode(), digest_size=8).digest()


@dataclass
class PublicBook(Times):
    """What people heard of one twin.

    Attributes:
        twice: identities that were said again, or after something newer.
        baseless: identities that nobody had predicted.
        unlike: identities that were said otherwise than they were predicted.
    """

    twice: list[Identity] = field(default_factory=list)
    baseless: list[Identity] = field(default_factory=list)
    unlike: list[Identity] = field(default_factory=list)
    _newest: Identity = (0, -1)
    _predicted: dict[Identity, bytes] = field(default_factory=dict)
    _owed: set[Identity] = field(default_factory=set)
    _early: set[Identity] = field(default_factory=set)

    def predicted(self, identity: Identity, digest: bytes) -> None:
        """A prediction is on its topic; what is public of it is entered later."""
        if identity > self._newest:
            self._predicted[identity] = digest

    def take(self, at_ms: int, identity: Identity, digest: bytes) -> None:
        """Enter the next record."""
        if identity <= self._newest:
            self.twice.append(identity)
            return
        self._newest = identity
        self.note(at_ms)
        predicted = self._predicted.get(identity)
        if predicted is None:
            self.baseless.append(identity)
        elif predicted != digest:
            self.unlike.append(identity)
        if identity in self._owed:
            self._owed.remove(identity)
        else:
            self._early.add(identity)

    def owe(self, identities: Set[Identity]) -> None:
        """These are predictions of frames in force, so they are to be said, or were."""
        self._owed |= identities - self._early
        self._early -= identities

    def passed_over(self) -> list[Identity]:
        """Those that can't be said any more, as something newer was; asked once for each."""
        self._predicted = {each: said for each, said in self._predicted.items() if each > self._newest}
        passed = {identity for identity in self._owed if identity < self._newest}
        self._owed -= passed
        return sorted(passed)

    def lose(self) -> None:
        """Nobody knows any more what is to be said."""
        self._owed.clear()
        self._early.clear()
