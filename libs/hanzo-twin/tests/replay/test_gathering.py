"""What is read of a twin before it is verified."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from hanzo_twin.bus.streams import PastJournal
from hanzo_twin.replay.source import gather
from twin_common.blobs import MemoryBlobs
from twin_common.errors import BlobMissing
from twin_schemas import codec, examples
from twin_schemas.records import CheckpointTaken, FoldSnapshot, TwinSpec

SPEC = TwinSpec.from_avro(examples.load("TwinSpec")["full"].to_avro())


def bus_with(checkpoints):
    async def taken(spec):
        return [SimpleNamespace(record=checkpoint) for checkpoint in checkpoints]

    async def nothing(spec):
        return []

    async def no_journal(spec, blobs):
        return PastJournal((), {}, 0)

    return SimpleNamespace(
        streams=SimpleNamespace(read_checkpoints=taken, read_predictions=nothing, read_past=no_journal)
    )


async def stored(blobs, slot, offset):
    """A checkpoint whose state lies in object storage."""
    example = examples.load("CheckpointTaken")["full"]
    snapshot = replace(examples.load("FoldSnapshot")["full"], offset=offset)
    assert isinstance(example, CheckpointTaken)
    assert isinstance(snapshot, FoldSnapshot)
    blob = await blobs.put(codec.encode(snapshot))
    return replace(example, slot=slot, offset=offset, snapshot=None, blob=blob, digest=blob)


async def test_an_outdated_checkpoint_whose_blob_was_deleted_is_passed_by():
    blobs = MemoryBlobs()
    old, other, new = [await stored(blobs, slot, offset) for slot, offset in ((0, 10), (1, 20), (0, 30))]
    await blobs.delete(old.blob)
    evidence = await gather(bus_with([old, other, new]), SPEC, blobs, blobs)
    assert [snapshot.offset for snapshot, _ in evidence.checkpoints] == [20, 30]


async def test_a_newest_checkpoint_without_its_blob_is_an_error():
    blobs = MemoryBlobs()
    only = await stored(blobs, 0, 10)
    await blobs.delete(only.blob)
    with pytest.raises(BlobMissing, match=only.blob):
        await gather(bus_with([only]), SPEC, blobs, blobs)
