"""Is what the workers emitted what the journal folds to, from genesis and from every checkpoint?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry
from hanzo_twin.audit.frames import Identity
from hanzo_twin.replay.losses import Losses
from hanzo_twin.replay.refold import Refolded
from hanzo_twin.replay.refolder import Here, Refolder, same_digest
from twin_schemas import codec
from twin_schemas.records import FoldSnapshot, PredictionFrame
from twin_sim.fold import OpenTwin
from twin_sim.journal import EpochFilter


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two folds of one journal part.

    Attributes:
        against: what was compared with the fold from genesis.
        identity: incarnation and journal offset.
        tick: tick of the frame; -1: not a frame.
        detail: what differs.
    """

    against: str
    identity: Identity
    tick: int
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a verification.

    Attributes:
        records: journal records folded.
        predictions: predictions compared with those emitted.
        checkpoints: checkpoints whose digest was compared and from which the rest was folded again.
        pending: frames folded here that no worker has emitted yet (the newest ones of a running twin).
        parked: why the fold parked at the end; None: it did not.
        digest: of the complete state at the end.
        differences: the first one of each comparison; empty: everything is equal.
        lost: predictions and checkpoints of records that the journal has lost, as a genesis says; they aren't judged.
    """

    records: int
    predictions: int
    checkpoints: int
    pending: int
    parked: str | None
    digest: str
    differences: tuple[Difference, ...]
    lost: int = 0


def verify(
    journal: Sequence[JournalEntry],
    emitted: Sequence[PredictionEntry],
    checkpoints: Sequence[tuple[FoldSnapshot, str]],
    open_twin: OpenTwin,
    unreadable: Mapping[int, str] = MappingProxyType({}),
    start: FoldSnapshot | None = None,
    *,
    refolder: Refolder | None = None,
    only: Collection[int] | None = None,
) -> Report:
    """Fold a journal again from genesis and from each checkpoint, and compare everything bit for bit.

    Args:
        journal: one twin's records from its first on, or those behind `start`, void ones included.
        emitted: what workers published for it, repeats included.
        checkpoints: snapshots with the digest that their worker published.
        open_twin: opens the model that a genesis names.
        unreadable: by offset, why a record of the journal can't be read.
        start: begin here instead of at the genesis; what was said before isn't judged.
        refolder: folds again instead of this process.
        only: incarnations to judge; None: all. Others are another build's.
    """
    folder = refolder or Here(open_twin)
    begin = start.offset if start is not None else -1
    mine = [entry for entry in emitted if only is None or entry.frame.incarnation in only]
    emitted = [entry for entry in mine if entry.frame.offset > begin]
    checkpoints = [
        (snapshot, same_digest(snapshot, digest, folder))
        for snapshot, digest in checkpoints
        if snapshot.offset > begin and (only is None or snapshot.genesis.incarnation in only)
    ]
    asked = {Identity(snapshot.genesis.incarnation, snapshot.offset) for snapshot, _ in checkpoints}
    reference = _judged(folder.fold(journal, start=start, digests_at=asked, unreadable=unreadable), only)
    differences: list[Difference] = []

    published = _by_identity(emitted)
    losses = Losses(journal, start, lambda identity: _confirmed(identity, reference.predictions, published))
    known = len(emitted) + len(checkpoints)
    if losses:
        reference = replace(reference, predictions=losses.without(reference.predictions))
        published = losses.without(published)
        emitted = [entry for entry in emitted if not losses.hold(_identity(entry))]
        checkpoints = [
            each
            for each in checkpoints
            if not losses.hold(Identity(each[0].genesis.incarnation, each[0].offset))
        ]
    lost = known - len(emitted) - len(checkpoints)
    differences += _first_difference(
        "the predictions emitted", reference.predictions, published, partial=True
    )
    foreign = [identity for identity in published if identity not in reference.predictions]
    if foreign:
        identity = min(foreign)
        tick = published[identity].tick
        differences.append(
            Difference(
                "the predictions emitted", identity, tick, "emitted, but the journal has no such frame"
            )
        )
    repeats = {_identity(entry): entry.value for entry in emitted}
    for entry in emitted:
        identity = _identity(entry)
        if repeats[identity] != entry.value:
            differences.append(
                Difference("its repeat", identity, entry.frame.tick, "two predictions for one frame differ")
            )
            break

    for snapshot, digest in checkpoints:
        here = Identity(snapshot.genesis.incarnation, snapshot.offset)
        name = f"the checkpoint at offset {snapshot.offset}"
        if reference.digests.get(here) != _digest_before_parking(snapshot, digest, journal, start, folder):
            differences.append(
                Difference(
                    name, here, snapshot.tick, f"digest {digest} instead of {reference.digests.get(here)}"
                )
            )
            continue
        after = [entry for entry in journal if entry.offset > snapshot.offset]
        again = _judged(folder.fold(after, start=snapshot, unreadable=unreadable), only)
        rest = {
            identity: frame
            for identity, frame in reference.predictions.items()
            # a parked twin goes on with its next incarnation; why it parked may lie outside of the journal
            if identity.offset > snapshot.offset
            and (snapshot.parked is None or identity.incarnation > here.incarnation)
        }
        found = _first_difference(f"a fold from {name}", rest, again.predictions, partial=False)
        ends_alike = again.digest == reference.digest or (snapshot.parked is not None and not rest)
        if not found and not ends_alike:
            found = [
                Difference(
                    f"a fold from {name}", here, snapshot.tick, "the complete state at the end differs"
                )
            ]
        differences += found

    return Report(
        records=len(journal),
        predictions=sum(identity in published for identity in reference.predictions),
        checkpoints=len(checkpoints),
        pending=sum(identity not in published for identity in reference.predictions),
        parked=reference.parked,
        digest=reference.digest,
        differences=tuple(differences),
        lost=lost,
    )


def _identity(entry: PredictionEntry) -> Identity:
    return Identity(entry.frame.incarnation, entry.frame.offset)


def _by_identity(emitted: Sequence[PredictionEntry]) -> dict[Identity, PredictionFrame]:
    """What was said first of each frame."""
    return {_identity(entry): entry.frame for entry in reversed(emitted)}


def _confirmed(
    identity: Identity,
    folded: Mapping[Identity, PredictionFrame],
    published: Mapping[Identity, PredictionFrame],
) -> bool:
    both = identity in folded and identity in published
    return both and codec.encode(folded[identity]) == codec.encode(published[identity])


def _judged(refolded: Refolded, only: Collection[int] | None) -> Refolded:
    """What of a fold is to be judged."""
    if only is None:
        return refolded
    mine = {where: frame for where, frame in refolded.predictions.items() if where.incarnation in only}
    return replace(refolded, predictions=mine)


def _digest_before_parking(
    snapshot: FoldSnapshot,
    digest: str,
    journal: Sequence[JournalEntry],
    start: FoldSnapshot | None,
    folder: Refolder,
) -> str:
    """The digest that the state had before it parked; that of a state that isn't parked is its own.

    A parked state differs from the one before in the reason, and in the epoch, which moves on without it.
    """
    if snapshot.parked is None or sha256(folder.encode(snapshot)).hexdigest() != digest:
        return digest
    epochs = EpochFilter(start.epoch if start is not None else None)
    for entry in journal:
        if entry.offset <= snapshot.offset:
            epochs.admits(entry.record)
    if epochs.in_force is None:
        return digest
    before = replace(snapshot, parked=None, epoch=epochs.in_force)
    return sha256(folder.encode(before)).hexdigest()


def _first_difference(
    against: str,
    reference: Mapping[Identity, PredictionFrame],
    other: Mapping[Identity, PredictionFrame],
    *,
    partial: bool,
) -> list[Difference]:
    """The first frame in log order for which the two differ; with `partial`, one that `other` lacks doesn't count."""
    for identity, frame in reference.items():
        found = other.get(identity)
        if found is None and not partial:
            return [Difference(against, identity, frame.tick, "no prediction for this frame")]
        # bytes, not numbers: 0.0 equals -0.0, and no NaN equals itself
        if found is not None and codec.encode(found) != codec.encode(frame):
            fields = [
                name for name in PredictionFrame.__slots__ if getattr(found, name) != getattr(frame, name)
            ]
            what = ", ".join(fields) or "bits of its numbers"
            return [Difference(against, identity, frame.tick, f"{what} differ")]
    return []
