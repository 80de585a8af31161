"""Who folds a journal again: this process, or one with the build that the journal's genesis names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import Identity
from hanzo_twin.replay.refold import Refolded, refold
from twin_schemas import codec
from twin_schemas.record import Record
from twin_schemas.records import FoldSnapshot
from twin_sim.fold import OpenTwin


class Refolder(Protocol):
    """Folds again, and writes records as the same build does."""

    def fold(
        self,
        journal: Sequence[JournalEntry],
        *,
        start: FoldSnapshot | None = None,
        digests_at: Collection[Identity] = (),
        unreadable: Mapping[int, str] = MappingProxyType({}),
    ) -> Refolded:
        """See `hanzo_twin.replay.refold.refold`."""
        ...

    def encode(self, record: Record) -> bytes:
        """The bytes of which it makes digests."""
        ...


class Here:
    """This process."""

    def __init__(self, open_twin: OpenTwin) -> None:
        """Open models with `open_twin`."""
        self._open_twin = open_twin

    def fold(
        self,
        journal: Sequence[JournalEntry],
        *,
        start: FoldSnapshot | None = None,
        digests_at: Collection[Identity] = (),
        unreadable: Mapping[int, str] = MappingProxyType({}),
    ) -> Refolded:
        """Fold again."""
        return refold(journal, self._open_twin, start=start, digests_at=digests_at, unreadable=unreadable)

    def encode(self, record: Record) -> bytes:
        """As this build writes."""
        return codec.encode(record)


def same_digest(snapshot: FoldSnapshot, published: str, refolder: Refolder) -> str:
    """The digest that the refolder would have published for a snapshot.

    It differs from the published one where another release of the schema was written then; what isn't intact keeps its
    own.
    """
    intact = published in codec.digests(snapshot)
    return sha256(refolder.encode(snapshot)).hexdigest() if intact else published
