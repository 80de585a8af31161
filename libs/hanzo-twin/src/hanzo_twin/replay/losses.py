"""What a journal has lost, as the geneses behind it say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import Identity
from twin_schemas.records import FoldSnapshot, SourcesAcquired, TwinGenesis
from twin_sim.journal import LOST_TAIL, EpochFilter

T = TypeVar("T")


class Losses:
    """Identities of records that nobody has any more, or that nobody has folded.

    A writer that finds a journal without its newest records goes on at offsets that were used before. A worker folds
    nothing of that, and asks for another incarnation, whose genesis says why. So whatever was emitted for offsets from
    that writer's acquisition on, or for incarnations whose geneses went along, came of records that are lost. False
    when there are none.

    Args:
        journal: one twin's records in log order, void ones included.
        start: the state in front of them; None: they begin with the twin.
        confirmed: whether what was emitted for an identity is what the journal folds to: nothing is lost before that.
    """

    def __init__(
        self,
        journal: Sequence[JournalEntry],
        start: FoldSnapshot | None,
        confirmed: Callable[[Identity], bool],
    ) -> None:
        self._from: dict[int, int] = {}
        geneses = [entry.record for entry in journal if isinstance(entry.record, TwinGenesis)]
        if any(LOST_TAIL in genesis.reason for genesis in geneses):
            self._find(journal, start, confirmed)

    def _find(
        self,
        journal: Sequence[JournalEntry],
        start: FoldSnapshot | None,
        confirmed: Callable[[Identity], bool],
    ) -> None:
        epochs = EpochFilter(start.epoch if start is not None else None)
        incarnation = start.genesis.incarnation if start is not None else 0
        acquired: int | None = None
        for entry in journal:
            record = entry.record
            if not epochs.admits(record):
                continue
            if isinstance(record, SourcesAcquired):
                acquired = entry.offset if acquired is None else acquired
            elif isinstance(record, TwinGenesis):
                if LOST_TAIL in record.reason:
                    self._from |= dict.fromkeys(range(incarnation + 1, record.incarnation), 0)
                    self._from |= {} if acquired is None else {incarnation: acquired}
                incarnation, acquired = record.incarnation, None
            elif acquired is not None and confirmed(Identity(incarnation, entry.offset)):
                acquired = None

    def __bool__(self) -> bool:
        return bool(self._from)

    def hold(self, identity: Identity) -> bool:
        """Whether it is one of them."""
        return identity.offset >= self._from.get(identity.incarnation, identity.offset + 1)

    def without(self, found: Mapping[Identity, T]) -> dict[Identity, T]:
        """All others."""
        return {identity: what for identity, what in found.items() if not self.hold(identity)}
