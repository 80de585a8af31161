"""A twin's state at a moment of its past: the nearest state that is kept before it, and the journal up to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hanzo_twin.bus.client import Twins
from hanzo_twin.bus.streams import PastJournal
from hanzo_twin.errors import NoSuchMoment
from hanzo_twin.replay.moment import Moment
from hanzo_twin.replay.source import opener_for
from twin_common.archive.anchors import Anchor, anchors, state_at
from twin_common.blobs import BlobFolders, BlobStore
from twin_common.errors import BlobMissing
from twin_schemas.records import FoldSnapshot, TwinGenesis, TwinSpec
from twin_sim.fold import Fold, OpenTwin


@dataclass(frozen=True, slots=True)
class PastState:
    """What a twin's state was.

    Attributes:
        incarnation: in force then.
        offset: the journal record after which it was so.
        tick, time_ns: of the twin.
        digest: of the complete state; a checkpoint that a worker took there has the same.
        values: by USD path and kind, SI units.
        overrides: parameters that had other values than the scene's.
        parked: why the twin was parked; None: it was not.
        from_offset: the state that was folded on from; -1: the journal's beginning.
        folded: records folded since.
    """

    incarnation: int
    offset: int
    tick: int
    time_ns: int
    digest: str
    values: Mapping[str, Sequence[float]]
    overrides: Mapping[str, float]
    parked: str | None
    from_offset: int
    folded: int


async def past_state(
    twins: Twins, spec: TwinSpec, scenes: BlobStore, blobs: BlobFolders, moment: Moment
) -> PastState:
    """The state after the last record of the twin's journal at or in front of a moment.

    Raises:
        BeyondRetention: that part of the journal isn't kept any more.
        NoSuchMoment: the twin had no state then.
        StoreUnreachable, BrokerUnreachable: what is kept can't be read now.
    """
    limit = await twins.streams.offset_of(spec, blobs, moment.offset, moment.time_ms)
    kept = [
        a
        for a in await anchors(twins.bus, twins.topics.prefix, spec.partition, spec.twin)
        if a.offset <= limit
    ]
    start = await _newest(blobs, kept)
    past = await twins.streams.read_past(spec, blobs, start.offset + 1 if start else 0, limit + 1)
    geneses = [each.record for each in past.items if isinstance(each.record, TwinGenesis)]
    opener = await opener_for([*([start.genesis] if start else []), *geneses], scenes)
    return await asyncio.to_thread(_folded, spec, start, past, opener)


async def _newest(blobs: BlobFolders, kept: Iterable[Anchor]) -> FoldSnapshot | None:
    for anchor in sorted(kept, key=lambda each: each.offset, reverse=True):
        try:
            return await state_at(blobs, anchor)
        except BlobMissing:
            continue  # a checkpoint's blob is kept only for a while; there is a keyframe before it
    return None


def _folded(spec: TwinSpec, start: FoldSnapshot | None, past: PastJournal, opener: OpenTwin) -> PastState:
    fold = Fold.restore(start, opener) if start else Fold(opener)
    try:
        unreadable = dict(past.unreadable)
        for item in past.items:
            for offset in sorted(each for each in unreadable if each < item.offset):
                fold.park(f"undecodable: journal offset {offset}: {unreadable.pop(offset)}")
            fold.take(item.offset, item.record)
        if fold.state is None:
            raise NoSuchMoment(spec.name)
        portable = fold.portable()
        return PastState(
            incarnation=fold.state.genesis.incarnation,
            offset=fold.state.offset,
            tick=fold.state.tick,
            time_ns=fold.state.time_ns,
            digest=fold.digest(),
            values=portable.values if portable else {},
            overrides=fold.state.overrides,
            parked=fold.parked,
            from_offset=start.offset if start else -1,
            folded=len(past.items),
        )
    finally:
        fold.close()
