"""What the sync engine makes of specs, of commands, and of what workers predict."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from fuzzing.refusal import Refusal, refusing
from fuzzing.targets.documents import DEFINITION
from fuzzing.targets.engine import engine
from fuzzing.targets.journals import CAUSE
from fuzzing.targets.surroundings import TWIN, Consumer, a_bus, a_spec, as_read, at_home, put, waiting
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.definition import TwinDefinition
from twin_common.errors import Busy, Rejected
from twin_common.runner import Message
from twin_schemas.record import Record
from twin_schemas.records import CommandRefused, IncarnationRequested, PredictionFrame, TwinSpec

_NEXT = 5
"""Offset of a command behind those in the journal."""


async def synced(*buses: MemoryBus) -> None:
    """Hold what the specs of these buses want, one after another.

    Raises:
        Refusal: nobody can hold the last one.
    """
    with engine() as made:
        for bus in buses:
            await made.follow(bus)
        await made.settle()
        if TWIN not in made.partition.twins:
            raise Refusal("unusable" if made.partition.unusable else "of_others")


def sequenced() -> Consumer:
    """Of `sim.commands`."""

    async def consume(record: Record) -> None:
        said = at_home(record, twin=TWIN, org="local", name="cart", revision=1)
        request = isinstance(said, IncarnationRequested)
        envelope = Envelope.new(type=type(said).__name__, source="fuzz", org=said.org if request else "local")
        with engine() as made:
            await made.follow(await _specs())
            read = replace(as_read("sim.commands", TWIN, said), offset=_NEXT)
            with refusing(Rejected, Busy):
                await made.commands.handlers()[type(said)](said, Message(envelope, read))
            await made.settle()
            for answer in made.said:
                if isinstance(answer, CommandRefused):
                    raise Refusal(answer.code)

    return waiting(consume)


async def published(record: PredictionFrame) -> None:
    """Publish what a worker predicts."""
    said = at_home(record, incarnation=1, epoch=1, offset=CAUSE, values=[0.1, 0.2])
    with engine() as made:
        await made.follow(await _specs())
        await made.predictions.on_record(as_read("sim.predictions", TWIN, said))
        await made.settle()
        if not made.said:
            raise Refusal("not_published")


async def _specs() -> MemoryBus:
    bus = await a_bus("twin.specs")
    await put(bus, "twin.specs", TWIN, _spec())
    return bus


@cache
def _spec() -> TwinSpec:
    return a_spec(definition=TwinDefinition.model_validate(DEFINITION).canonical_json(), seed=7)
