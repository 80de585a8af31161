"""A checkpoint, as those find it who take a partition over, and those who look at a twin's past."""

from __future__ import annotations

from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from fuzzing.refusal import Refusal, in_turn, refusing
from fuzzing.targets.journals import SCENE, Journals, begun, folded
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_bus, a_spec, at_home, put, waiting
from hanzo_twin.bus.streams import Streams
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.replay.source import gather
from sim_worker.adapters.shelf import TopicShelf
from sim_worker.errors import CheckpointUnusable
from sync_engine.adapters.tails import KafkaTails
from twin_common.archive.anchors import anchors, state_at
from twin_common.blobs import MemoryBlobs, state_of
from twin_common.bus.memory import MemoryBus
from twin_common.clock import SystemClock
from twin_common.errors import TwinError
from twin_common.slices import Slices
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import CheckpointTaken

_PLACES = ("sim.journal", "sim.checkpoints", "sim.keyframes", "sim.sealed", "sim.commands", "sim.predictions")
_SPEC = a_spec()


def checkpoints() -> Consumer:
    """Of `sim.checkpoints`."""
    journals, state = Journals(), folded(len(begun()) // 2)
    encoded = codec.encode(state)
    true = {
        "twin": TWIN, "org": "local", "incarnation": 1, "offset": state.offset, "tick": state.tick, "slot": 0,
    }  # fmt: skip

    async def consume(record: CheckpointTaken) -> None:
        bus, blobs = await a_bus(*_PLACES), MemoryBlobs()
        stored = await blobs.within(TWIN).put(encoded)
        await blobs.put(SCENE.read_bytes())
        inline = at_home(record, snapshot=state).snapshot if record.snapshot is not None else None
        digest = sha256(codec.encode(inline) if inline is not None else encoded).hexdigest()
        said: CheckpointTaken = at_home(record, **true, blob=stored, snapshot=inline, digest=digest)
        for each in begun():
            await put(bus, "sim.journal", TWIN, each)
        await put(bus, "sim.checkpoints", f"{TWIN}/1/0", said)
        await in_turn(
            lambda: _shelved(bus, blobs),
            lambda: _tailed(bus, blobs),
            lambda: _entered(bus, blobs),
            lambda: _gathered(bus, blobs),
        )

    found = waiting(consume)

    def both(record: Any) -> None:
        found(record)
        if record.snapshot is not None:
            journals.restore(record)

    return both


async def _shelved(bus: MemoryBus, blobs: MemoryBlobs) -> None:
    """A worker goes on from it."""
    shelf = TopicShelf(bus, topic("sim.checkpoints").physical(PREFIX), blobs, Slices())
    for _, taken in (await shelf.read({0}))[0]:
        if taken is None:
            raise Refusal("foreign")
        with refusing(CheckpointUnusable):
            await shelf.snapshot(taken)


async def _tailed(bus: MemoryBus, blobs: MemoryBlobs) -> None:
    """A sync engine goes on behind it."""

    async def blob(twin: str, digest: str) -> bytes:
        return await state_of(blobs, twin, digest)

    names = [topic(place).physical(PREFIX) for place in ("sim.journal", "sim.checkpoints", "sim.commands")]
    found, _ = await KafkaTails(bus, names[0], names[1], names[2], blob, SystemClock()).read(0, {TWIN: _SPEC})
    if found[TWIN].tail.genesis is None:
        raise Refusal("no_genesis")


async def _entered(bus: MemoryBus, blobs: MemoryBlobs) -> None:
    """A client enters the twin's past there."""
    for anchor in await anchors(bus, PREFIX, 0, TWIN):
        with refusing(TwinError):
            await state_at(blobs, anchor)


async def _gathered(bus: MemoryBus, blobs: MemoryBlobs) -> None:
    """A client gathers everything, to verify it."""
    topics = Topics(PREFIX)
    twins: Any = SimpleNamespace(bus=bus, topics=topics, streams=Streams(bus, topics))
    with refusing(TwinError, HanzoTwinError):
        await gather(twins, _SPEC, blobs, blobs)
