"""Gather what a verification needs: raw topics, checkpoints, and the scenes that the journal names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry
from hanzo_twin.bus.client import Twins
from hanzo_twin.bus.streams import PastJournal
from hanzo_twin.errors import CheckpointUnusable
from hanzo_twin.replay.moment import Moment
from twin_common.archive.anchors import anchors, state_at
from twin_common.blobs import BlobFolders, BlobStore, state_of
from twin_common.errors import BeyondRetention, BlobMissing
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import CheckpointTaken, FoldSnapshot, SourcesAcquired, TwinGenesis, TwinSpec
from twin_sim.engines import load_engine
from twin_sim.engines.api import Model
from twin_sim.fold import OpenTwin, engine_config, physics_opener
from twin_sim.journal import JournalRecord
from twin_sim.scene import read_stage

Checkpoint = tuple[FoldSnapshot, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One twin's raw topics, and how to open the models that its journal names.

    Attributes:
        journal: records in log order, void ones included.
        unreadable: by offset, why a record of the journal can't be read; it parks the twin.
        predictions: as published, repeats included.
        checkpoints: with the digests that their workers published.
        open_twin: for a fold.
        start: the state that the journal goes on from; None: it is there from the twin's beginning.
    """

    journal: tuple[JournalEntry, ...]
    unreadable: Mapping[int, str]
    predictions: tuple[PredictionEntry, ...]
    checkpoints: tuple[Checkpoint, ...]
    open_twin: OpenTwin
    start: FoldSnapshot | None = None


async def gather(
    twins: Twins,
    spec: TwinSpec,
    scenes: BlobStore,
    checkpoints: BlobFolders,
    since: Moment | None = None,
) -> Evidence:
    """Read everything about a twin as far as it is kept: its journal where sealed ranges have it, too.

    Checkpoints come first and the journal last, so that nothing is seen without its cause.

    Args:
        twins: the bus.
        spec: which twin.
        scenes: the store of scene files.
        checkpoints: the store of big snapshots, keyframes and sealed ranges.
        since: from the last state that is kept in front of this moment on; from as far back as possible when None.

    Raises:
        BeyondRetention: no state is kept that leads to what is asked for.
        BlobMissing: a scene, or the snapshot of a newest checkpoint, is gone.
        CheckpointUnusable: a checkpoint leads to no state.
        UnknownSchema, CorruptRecord: a prediction or checkpoint can't be decoded.
    """
    taken = [item.record for item in await twins.streams.read_checkpoints(spec)]
    newest = {(checkpoint.incarnation, checkpoint.slot): checkpoint for checkpoint in taken}
    snapshots = []
    for checkpoint in taken:
        try:
            snapshots.append((await _snapshot(checkpoint, checkpoints), checkpoint.digest))
        except BlobMissing:
            if newest[checkpoint.incarnation, checkpoint.slot] is checkpoint:
                raise  # an outdated one's blob isn't kept for ever
    predictions = [
        PredictionEntry(item.value, item.record) for item in await twins.streams.read_predictions(spec)
    ]
    past = await twins.streams.read_past(spec, checkpoints)
    start = await _entered(twins, spec, checkpoints, past, since)
    first = start.offset + 1 if start is not None else 0
    journal = [
        JournalEntry(item.offset, item.at_ns // 1_000_000, item.record)
        for item in past.items
        if item.offset >= first
    ]
    geneses = [entry.record for entry in journal if isinstance(entry.record, TwinGenesis)]
    opener = await opener_for([*([start.genesis] if start is not None else []), *geneses], scenes)
    unreadable = {offset: why for offset, why in past.unreadable.items() if offset >= first}
    return Evidence(tuple(journal), unreadable, tuple(predictions), tuple(snapshots), opener, start)


async def _entered(
    twins: Twins, spec: TwinSpec, blobs: BlobFolders, past: PastJournal, since: Moment | None
) -> FoldSnapshot | None:
    """The state to begin with; None: the beginning is there, and wanted."""
    begun = past.oldest == 0 or any(_first(item.record) for item in past.items[:1])
    if since is None and (begun or not past.items):
        return None
    found = await anchors(twins.bus, twins.topics.prefix, spec.partition, spec.twin)
    found = [anchor for anchor in found if anchor.offset >= past.oldest - 1]
    if since is not None:
        limit = await twins.streams.offset_of(spec, blobs, since.offset, since.time_ms)
        found = [anchor for anchor in reversed(found) if anchor.offset <= limit]
        if not found and begun:
            return None
    for anchor in found:
        with suppress(BlobMissing):  # a checkpoint's blob is kept only for a while
            return await state_at(blobs, anchor)
    raise BeyondRetention(spec.partition, past.oldest - 1, past.oldest)


def _first(record: JournalRecord) -> bool:
    """Whether a twin's journal begins with this record."""
    return isinstance(record, SourcesAcquired) and record.epoch.counter == 1


async def opener_for(geneses: list[TwinGenesis], scenes: BlobStore) -> OpenTwin:
    """Compile the scenes that these geneses name, apart from any worker."""
    models: dict[str, Model] = {}
    for genesis in geneses:
        if genesis.stamps.model_digest not in models:
            scene = await scenes.get(genesis.stamps.scene_digest)
            models[genesis.stamps.model_digest] = await asyncio.to_thread(_compile, genesis, scene)
    return physics_opener(lambda genesis: models[genesis.stamps.model_digest])


def _compile(genesis: TwinGenesis, scene: bytes) -> Model:
    return load_engine(genesis.stamps.engine).compile(read_stage(scene), engine_config(genesis.fold))


async def _snapshot(checkpoint: CheckpointTaken, store: BlobFolders) -> FoldSnapshot:
    if checkpoint.snapshot is not None:
        return checkpoint.snapshot
    where = f"the checkpoint of incarnation {checkpoint.incarnation} at journal offset {checkpoint.offset}"
    if checkpoint.blob is None:
        raise CheckpointUnusable(
            f"{where} has neither a state nor a blob; a running twin's worker soon writes another in its place"
        )
    try:
        snapshot = codec.decode(await state_of(store, checkpoint.twin, checkpoint.blob))
    except SchemaError as error:
        raise CheckpointUnusable(f"{where}: blob {checkpoint.blob} can't be read: {error}") from error
    if not isinstance(snapshot, FoldSnapshot):
        raise CheckpointUnusable(f"{where}: blob {checkpoint.blob} is a {type(snapshot).__name__}")
    return snapshot
