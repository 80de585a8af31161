"""What a worker answers to those who ask for a running twin's state."""

from __future__ import annotations

import asyncio
from functools import cache
from types import SimpleNamespace
from typing import Any

from fuzzing.refusal import Refusal
from fuzzing.targets.journals import begun, folded
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_bus, a_spec, at_home, put, waiting
from sim_worker.adapters.asked import RequestFeed
from sim_worker.adapters.outlet import BusOutlet
from sim_worker.domain.specs import SpecBook
from sim_worker.handlers.answering import Answers
from sim_worker.topics import Topics
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record as BusRecord
from twin_common.clock import SystemClock
from twin_common.identity import NoTokens, OpenGuard
from twin_schemas import codec
from twin_schemas.records import GetState, RequestRefused, TwinState

_TOPICS = Topics.under(PREFIX)


def questions() -> Consumer:
    """Of `sim.requests`."""

    async def consume(record: GetState) -> None:
        said = at_home(record, twin=TWIN)
        bus, clock = await a_bus("sim.requests", "bus.replies"), SystemClock()
        envelope = Envelope.new(
            type="GetState", source=record.twin or "fuzz", org="local", actor=record.twin,
            correlation_id=record.twin or None,
        )  # fmt: skip
        headers = (*envelope.headers(), ("ce_replyto", b"0"))
        await put(bus, "sim.requests", TWIN, said, headers)
        specs = SpecBook()
        specs.apply(0, TWIN, a_spec())
        async with await bus.producer() as producer:
            outlet = BusOutlet(producer, _TOPICS, clock, NoTokens())
            answers = Answers(_partitions(), specs, OpenGuard("local"), outlet, clock)
            asked = asyncio.Event()

            async def on_request(read: BusRecord) -> None:
                await answers.on_record(read)
                await asyncio.gather(*answers._tasks)
                asked.set()

            feed = RequestFeed(bus, _TOPICS.requests, lambda: (0,), on_request, clock)
            feeding = asyncio.create_task(feed.run())
            await asyncio.wait(
                {feeding, asyncio.create_task(asked.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
            if feeding.done():
                feeding.result()
            feeding.cancel()
        (reply,) = bus.records(_TOPICS.replies)
        answer = codec.decode(reply.value or b"")
        if isinstance(answer, RequestRefused):
            raise Refusal(answer.code)
        assert isinstance(answer, TwinState)

    return waiting(consume)


@cache
def _partitions() -> Any:
    """A partition with that twin on it."""
    snapshot = folded(len(begun()))
    held = SimpleNamespace(caught_up=True, runs={TWIN: SimpleNamespace(snapshot=lambda: snapshot)})
    return SimpleNamespace(held={0: held})
