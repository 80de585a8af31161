"""One twin's predictions: one for each frame in force, repeats equal in every byte, none for anything else."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Set
from dataclasses import dataclass, field

from faulting.books.journal import Identity

_REMEMBERED = 30_000


@dataclass
class PredictionBook:
    """What was said of one twin.

    Attributes:
        new: identities predicted for the first time, not settled yet.
        matched: those of frames in force, since somebody took them.
        repeated: how often one came again.
        unequal: those that came again and differed.
    """

    new: set[Identity] = field(default_factory=set)
    matched: set[Identity] = field(default_factory=set)
    repeated: int = 0
    unequal: list[Identity] = field(default_factory=list)
    _seen: OrderedDict[Identity, bytes] = field(default_factory=OrderedDict)
    _lost: dict[Identity, bytes] = field(default_factory=dict)

    def take(self, identity: Identity, value: bytes) -> None:
        """Enter the next record."""
        digest, before = _digest(value), self._seen.get(identity)
        if self._lost.pop(identity, digest) != digest:
            self.unequal.append(identity)
        if before is None:
            self.new.add(identity)
            self._seen[identity] = digest
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return
        self.repeated += 1
        if before != digest:
            self.unequal.append(identity)

    def lose(self, identity: Identity, value: bytes) -> None:
        """A prediction is about to go, or may be: whatever comes under its identity has to be equal."""
        self._lost[identity] = _digest(value)

    def match(
        self, frames: dict[Identity, int], end: int, torn: Set[Identity] = frozenset()
    ) -> list[Identity]:
        """Take those frames away that have a prediction.

        Args:
            frames: frames in force that had none so far; what is left has none yet.
            end: the journal is known up to this offset.
            torn: frames that may have one or not.

        Returns:
            Predictions of what is no frame in force.
        """
        known = {identity for identity in self.new if identity[1] < end}
        self.new -= known
        void = sorted(known - frames.keys() - torn)
        for identity in known & frames.keys():
            del frames[identity]
            self.matched.add(identity)
        return void


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=8).digest()
