"""A journal whose older half lies in object storage only, and everybody who reads or deletes it there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import orjson

from api_gateway.adapters.history import BusHistory
from api_gateway.domain.entries import Definition, TwinEntry
from api_gateway.domain.history import JournalPage
from api_gateway.errors import Problem
from api_gateway.handlers import journal as journal_api
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.problems import answer
from fuzzing.refusal import Refusal, refusing
from fuzzing.targets.journals import SCENE, begun, folded
from fuzzing.targets.surroundings import PREFIX, TWIN, a_bus, a_spec, metrics, put
from hanzo_twin.bus.streams import Streams
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.replay.moment import Moment
from hanzo_twin.replay.state import past_state
from sync_engine.bootstrap_archivist import build
from sync_engine.handlers.expiry import Expiry
from sync_engine.handlers.sealing import announcement
from twin_common.archive.ranges import pack
from twin_common.archive.sealed import FOLDER
from twin_common.blobs import KEYFRAMES, MemoryBlobs
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import TopicPartition
from twin_common.clock import SystemClock
from twin_common.errors import TwinError
from twin_common.health import Health
from twin_common.settings import Settings
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import JournalSealed, KeyframeTaken

_PLACES = ("sim.journal", "sim.sealed", "sim.checkpoints", "sim.keyframes")
_JOURNAL = TopicPartition(topic("sim.journal").physical(PREFIX), 0)
_SETTINGS = Settings.model_validate(
    {"stream": {"topic_prefix": PREFIX}, "retention": {"seal_after_s": 1e-6, "seal_bytes": 1000}}
)
_SPEC = a_spec()
_ENTRY = TwinEntry(_SPEC, Definition(_SPEC.definition))
_OLDER = len(begun()) // 2
"""Records of the journal that the broker keeps no longer."""


@dataclass(frozen=True)
class Archive:
    """Such a journal.

    Attributes:
        sealed: what is to be announced of the range.
        keyframe: what is to be announced of the state behind it.
    """

    bus: MemoryBus
    blobs: MemoryBlobs
    sealed: JournalSealed
    keyframe: KeyframeTaken

    async def paged(self, since_ms: int | None = None) -> None:
        """The gateway shows the journal."""
        with refusing(Problem):
            page = await self._page(None, since_ms)
            json_answer([journal_api._shown(told) for told in page.records])

    async def pointed_to(self) -> None:
        """The gateway names what there is instead of what is kept no longer."""
        try:
            await self._page(0, None)
        except Problem as problem:
            answer(problem, "/v1/twins/cart/journal", "")
            if problem.extra.get("nearest") is None:
                raise Refusal(f"{problem.code}_and_nothing_nearer") from problem

    async def _page(self, start: int | None, since_ms: int | None) -> JournalPage:
        return await BusHistory(self.bus, PREFIX, self.blobs).page(_ENTRY, start, since_ms, (), 5)

    async def read_again(self) -> None:
        """A client reads the whole journal, and looks for a time in it."""
        streams = Streams(self.bus, Topics(PREFIX))
        with refusing(TwinError):
            await streams.read_past(_SPEC, self.blobs)
        with refusing(TwinError):
            await streams.offset_of(_SPEC, self.blobs, None, self.sealed.last_ms)

    async def entered(self) -> None:
        """A client folds on from the newest state that is kept."""
        twins: Any = SimpleNamespace(
            bus=self.bus, topics=Topics(PREFIX), streams=Streams(self.bus, Topics(PREFIX))
        )
        with refusing(TwinError, HanzoTwinError):
            state = await past_state(twins, _SPEC, await _scenes(), self.blobs, Moment(offset=2**40))
            orjson.dumps(asdict(state))

    async def sealed_on(self) -> None:
        """An archivist takes the journal over, and seals what isn't sealed."""
        clock = SystemClock()
        archivist = build(
            _SETTINGS, bus=self.bus, blobs=self.blobs, clock=clock, health=Health(clock), metrics=metrics(),
            instance="one",
        )  # fmt: skip
        sealer = archivist._sealer
        await sealer.open()
        try:
            async with await self.bus.consumer(archivist._subscription) as consumer:
                sealer.take(consumer, await consumer.poll(100, 0.0))
                await sealer.seal_due(consumer)
                await sealer.mark()
                await sealer.measure(consumer)
        finally:
            await sealer.close()

    async def swept(self) -> None:
        """An archivist deletes what is older than tomorrow."""
        await Expiry(self.bus, PREFIX, self.blobs, -1, SystemClock()).sweep({0})


async def archived() -> Archive:
    """One of which nothing is announced yet."""
    bus, blobs = await a_bus(*_PLACES), MemoryBlobs()
    for each in begun():
        await put(bus, "sim.journal", TWIN, each)
    older = bus.records(_JOURNAL.topic)[:_OLDER]
    packed = pack(older)
    await blobs.within(FOLDER).put(packed)
    bus.trim(_JOURNAL, len(older))
    state = _state()
    digest = await blobs.within(TWIN).within(KEYFRAMES).put(codec.encode(state))
    keyframe = KeyframeTaken(
        "local", TWIN, state.genesis.incarnation, state.offset, state.tick, state.time_ns, digest, 1
    )
    return Archive(bus, blobs, announcement(older, packed, 1), keyframe)


async def _scenes() -> MemoryBlobs:
    scenes = MemoryBlobs()
    await scenes.put(SCENE.read_bytes())
    return scenes


@cache
def _state() -> Any:
    return folded(_OLDER)
