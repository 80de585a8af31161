"""What is predicted, as those read it who look on: forecasts, and the public stream of a twin."""

from __future__ import annotations

import io
import json
import time
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
from httpx_sse import EventSource

from api_gateway.adapters.streams import BusStreams
from api_gateway.domain.entries import Definition, TwinEntry
from api_gateway.handlers.event_stream import encoded
from fuzzing.refusal import Refusal, in_turn
from fuzzing.targets.accounts import settle
from fuzzing.targets.journals import CAUSE, begun, tailed
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_bus, a_spec, at_home, metrics, put, waiting
from hanzo_twin.audit.entries import PublicEntry
from hanzo_twin.bus.streams import Streams
from hanzo_twin.bus.topics import Topics
from hanzo_twin.cli.outcome import console
from hanzo_twin.client.following import Following
from hanzo_twin.live import LiveModel
from hanzo_twin.live.records import prediction_of
from hanzo_twin.live.show import line, view_json
from hanzo_twin.live.table import render
from sync_engine.adapters.public import KafkaPublic
from sync_engine.domain.publication import NEVER, Publication
from sync_engine.handlers.going_on import GoingOn
from sync_engine.handlers.partition import Partition
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic
from twin_common.clock import SystemClock
from twin_schemas import codec
from twin_schemas.jsonform import to_json
from twin_schemas.record import Record
from twin_schemas.records import TwinPrediction

_SPEC = a_spec()
_ENTRY = TwinEntry(_SPEC, Definition(_SPEC.definition))


def public() -> Consumer:
    """Of a twin's public topic."""

    async def consume(record: TwinPrediction) -> None:
        bus = MemoryBus()
        async with await bus.admin() as admin, await bus.producer() as producer:
            name = f"{PREFIX}.{_SPEC.name}"
            await admin.create_topics([NewTopic(name, 1)])
            said = at_home(record, twin=TWIN, name=_SPEC.name, incarnation=1, offset=CAUSE)
            await producer.send(name, key=TWIN.encode(), value=codec.encode(said))
        await in_turn(
            lambda: _streamed(bus), lambda: _looked_at(bus), lambda: _audited(bus), lambda: _gone_on(bus)
        )

    return waiting(consume)


async def _streamed(bus: MemoryBus) -> None:
    """The gateway tells a client that follows the twin."""
    stream = await BusStreams(bus, PREFIX, 10, metrics()).open(_ENTRY, None, "earliest")
    try:
        content = b"".join(encoded(told) for told in await stream.next())
    finally:
        await stream.close()
    nobody: Any = None
    following = Following(nobody, _SPEC.name, None, None)
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=content)
    if not [following.take(event) for event in EventSource(answer).iter_sse()]:
        raise Refusal("not_told")


async def _looked_at(bus: MemoryBus) -> None:
    """A client shows it in a table, in a line and as JSON."""
    model = LiveModel()
    for item in await Streams(bus, Topics(PREFIX)).read_public(_SPEC):
        model.observe_prediction(prediction_of(item.record), item.at_ns)
    view = model.view(time.time_ns())
    screen = console()
    screen.file = io.StringIO()
    screen.print(render(_SPEC.name, view))
    screen.print(line(_SPEC.name, view), soft_wrap=True)
    json.dumps(view_json(view))
    if not view.predictions:
        raise Refusal("not_admitted")


async def _audited(bus: MemoryBus) -> None:
    """A client settles an account."""
    found = await Streams(bus, Topics(PREFIX)).read_public(_SPEC)
    settle(begun(), (), [PublicEntry(item.at_ns // 1_000_000, item.record) for item in found])


async def _gone_on(bus: MemoryBus) -> None:
    """A sync engine that takes the twin over publishes on behind it."""
    clock, partition = SystemClock(), Partition(0)
    publication = Publication(_SPEC.twin, _SPEC.name)
    session = SimpleNamespace(spec=_SPEC, tail=tailed(), publication=publication, running=True)
    held: Any = SimpleNamespace(session=session)
    partition.twins[TWIN] = held
    follower: Any = SimpleNamespace(follow_since=lambda partition, time_ms: None)
    journal: Any = SimpleNamespace(end=lambda partition: CAUSE + 1, backlog=lambda partition: 0)
    nobody: Any = None
    going_on = GoingOn(nobody, KafkaPublic(bus, PREFIX, clock, metrics()), follower, journal, clock)
    await going_on.publish(partition, partition.twins.keys())
    if publication.newest == NEVER:
        raise Refusal("of_no_journal")


def horizons() -> Consumer:
    """Of `sim.horizons`."""

    async def consume(record: Record) -> None:
        bus = await a_bus("sim.horizons")
        await put(bus, "sim.horizons", TWIN, at_home(record, incarnation=1, offset=CAUSE))
        for item in await Streams(bus, Topics(PREFIX)).read_horizons(_SPEC):
            orjson.dumps(to_json(item.record))

    return waiting(consume)
