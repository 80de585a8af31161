"""A separate fold of a raw journal. Uses the fold and the journal's rules, and nothing of a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import Identity
from twin_schemas.records import FoldSnapshot, PredictionFrame
from twin_sim.fold import Fold, OpenTwin


@dataclass(frozen=True, slots=True)
class Refolded:
    """What a journal folds to.

    Attributes:
        predictions: by what caused them.
        digests: of the complete state after those offsets that were asked for.
        digest: of the complete state at the end; empty: there is none.
        parked: why the fold parked; None: it did not.
    """

    predictions: Mapping[Identity, PredictionFrame]
    digests: Mapping[Identity, str]
    digest: str
    parked: str | None


def refold(
    journal: Iterable[JournalEntry],
    open_twin: OpenTwin,
    *,
    start: FoldSnapshot | None = None,
    digests_at: Collection[Identity] = (),
    unreadable: Mapping[int, str] = MappingProxyType({}),
) -> Refolded:
    """Fold a journal, or what comes after a checkpoint.

    Args:
        journal: one twin's records in log order, void ones included.
        open_twin: opens the model that a genesis names.
        start: begin here instead of at the first record.
        digests_at: where a digest of the complete state is wanted.
        unreadable: by offset, why a record can't be read; it parks the fold as it parks a worker's.

    Raises:
        Unfoldable: the checkpoint can't be restored.
    """
    fold = Fold.restore(start, open_twin) if start else Fold(open_twin)
    predictions: dict[Identity, PredictionFrame] = {}
    digests: dict[Identity, str] = {}
    poison = deque(sorted(unreadable.items()))
    try:
        for entry in journal:
            while poison and poison[0][0] < entry.offset:
                _park(fold, *poison.popleft())
            for said in fold.take(entry.offset, entry.record):
                if isinstance(said, PredictionFrame):
                    predictions[Identity(said.incarnation, said.offset)] = said
            if fold.state is not None:
                here = Identity(fold.state.genesis.incarnation, entry.offset)
                if here in digests_at and fold.state.offset == entry.offset:
                    digests[here] = fold.digest()
        for offset, why in poison:
            _park(fold, offset, why)
        return Refolded(predictions, digests, fold.digest() if fold.state else "", fold.parked)
    finally:
        fold.close()


def _park(fold: Fold, offset: int, why: str) -> None:
    after = fold.state is None or offset > fold.state.offset
    if after and fold.parked is None:
        fold.park(f"undecodable: journal offset {offset}: {why}")
