"""Where a twin's past can be entered: keyframes and checkpoints, in the order of the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from twin_common.blobs import KEYFRAMES, BlobFolders, state_of
from twin_common.bus.api import Bus
from twin_common.bus.types import Record, TopicPartition
from twin_common.errors import BlobMissing, RangeCorrupt
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.records import CheckpointTaken, FoldSnapshot, KeyframeTaken


@dataclass(frozen=True, slots=True)
class Anchor:
    """A complete state that is kept.

    Attributes:
        incarnation: that it belongs to.
        offset: of the last journal record folded.
        tick: last tick folded.
        time_ns: of that tick; None: not known without the state.
        digest: sha256 of the encoded state.
        record: what announces it.
    """

    incarnation: int
    offset: int
    tick: int
    time_ns: int | None
    digest: str
    record: KeyframeTaken | CheckpointTaken


async def anchors(bus: Bus, prefix: str, partition: int, twin: str) -> list[Anchor]:
    """Every keyframe and checkpoint of a twin, by offset.

    Of states at the same offset or behind one that was taken later, only the later ones count: a journal that has lost
    its newest records goes on with others at the same offsets.
    """
    found: list[Anchor] = []
    for name in ("sim.keyframes", "sim.checkpoints"):
        tp = TopicPartition(topic(name).physical(prefix), partition)
        mine = [_anchor(record) async for record in _of(bus, tp, twin)]
        found += _not_superseded([anchor for anchor in mine if anchor is not None])
    by_offset = {anchor.offset: anchor for anchor in found}
    newest = max((anchor.incarnation for anchor in found), default=0)
    begun = min((anchor.offset for anchor in found if anchor.incarnation == newest), default=0)
    return [
        by_offset[offset]
        for offset in sorted(by_offset)
        if offset < begun or by_offset[offset].incarnation == newest
    ]


async def state_at(blobs: BlobFolders, anchor: Anchor) -> FoldSnapshot:
    """The state of an anchor, verified.

    Raises:
        BlobMissing: it is kept no longer.
        BlobCorrupt, RangeCorrupt: it isn't what was stored.
        StoreUnreachable: object storage doesn't answer.
    """
    record = anchor.record
    if isinstance(record, CheckpointTaken) and record.snapshot is not None:
        return record.snapshot
    if isinstance(record, KeyframeTaken):
        encoded = await blobs.within(record.twin).within(KEYFRAMES).get(record.digest)
    elif record.blob is not None:
        encoded = await state_of(blobs, record.twin, record.blob)
    else:
        raise BlobMissing(f"the checkpoint at journal offset {record.offset} has neither a state nor a blob")
    try:
        snapshot = codec.decode(encoded)
    except SchemaError as error:
        raise RangeCorrupt(f"the state at journal offset {anchor.offset} can't be read: {error}") from error
    if not isinstance(snapshot, FoldSnapshot):
        raise RangeCorrupt(f"the state at journal offset {anchor.offset} is a {type(snapshot).__name__}")
    return snapshot


async def _of(bus: Bus, tp: TopicPartition, twin: str) -> AsyncIterator[Record]:
    async with await bus.reader() as reader:
        await reader.assign(tp)
        async for record in reader.read_to_end():
            if (record.key or b"").split(b"/")[0] == twin.encode() and record.value is not None:
                yield record


def _anchor(read: Record) -> Anchor | None:
    try:
        record = codec.decode(read.value or b"")
    except SchemaError:
        return None  # of a newer build; there are others
    if isinstance(record, KeyframeTaken):
        return Anchor(record.incarnation, record.offset, record.tick, record.time_ns, record.digest, record)
    if isinstance(record, CheckpointTaken):
        time_ns = record.snapshot.time_ns if record.snapshot is not None else None
        return Anchor(record.incarnation, record.offset, record.tick, time_ns, record.digest, record)
    return None


def _not_superseded(written: Sequence[Anchor]) -> list[Anchor]:
    kept: list[Anchor] = []
    for anchor in reversed(written):
        if not kept or anchor.offset < kept[-1].offset:
            kept.append(anchor)
    return kept
