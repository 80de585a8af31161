from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from hanzo_twin.bus.control import Control
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import ControlCommandRefused, NoAnswer
from twin_common.bus.memory import MemoryBus
from twin_schemas.codec import decode, encode
from twin_schemas.record import Record
from twin_schemas.records import ControlAccepted, ControlRefused, StartTwin

COMMANDS = "hanzo.twin.control.commands"
EVENTS = "hanzo.twin.control.events"

Answer = Callable[[Record], Record]


@asynccontextmanager
async def control_plane(bus: MemoryBus, answer: Answer) -> AsyncIterator[None]:
    """Answers every command, after an answer to somebody else's."""

    async def run() -> None:
        async with await bus.reader() as reader, await bus.producer() as producer:
            await reader.assign(*await reader.partitions(COMMANDS))
            async for read in reader.tail():
                correlation = read.header("ce_correlationid") or b""
                other = ControlAccepted("StartTwin", "other", "other", 1)
                for record, to in (
                    (other, b"somebody-else"),
                    (answer(decode(read.value or b"")), correlation),
                ):
                    headers = (("ce_correlationid", to),)
                    await producer.send(EVENTS, key=read.key, value=encode(record), headers=headers)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def conversation(bus: MemoryBus, topics: Topics) -> AsyncIterator[Control]:
    async with await bus.producer() as producer:
        control = await Control.open(bus, topics, producer, org="local", source="test")
        try:
            yield control
        finally:
            await control.close()


async def test_the_answer_is_told_from_others_by_its_correlation_id(bus: MemoryBus, topics: Topics) -> None:
    accepted = ControlAccepted("StartTwin", "t", "pendulum", 2)
    async with control_plane(bus, lambda _: accepted), conversation(bus, topics) as control:
        assert await control.ask(StartTwin("t"), "t") == accepted


async def test_a_refusal_is_raised_with_code_field_and_line(bus: MemoryBus, topics: Topics) -> None:
    refused = ControlRefused("CreateTwin", "unknown_engine", "no such engine", field="engine.type", line=8)
    async with control_plane(bus, lambda _: refused), conversation(bus, topics) as control:
        with pytest.raises(ControlCommandRefused, match=r"engine\.type \(line 8\): no such engine") as caught:
            await control.ask(StartTwin("t"), "t")
    error = caught.value
    assert (error.command, error.code, error.field, error.line) == (
        "CreateTwin",
        "unknown_engine",
        "engine.type",
        8,
    )


async def test_silence_is_an_error_that_names_the_service_and_where_to_look(
    bus: MemoryBus, topics: Topics
) -> None:
    async with conversation(bus, topics) as control:
        with pytest.raises(NoAnswer, match="hanzo-twin dev logs scene-manager"):
            await control.ask(StartTwin("t"), "t", timeout=0.2)


async def test_two_commands_at_once_get_each_their_own_answer(bus: MemoryBus, topics: Topics) -> None:
    def answer(command: Record) -> Record:
        assert isinstance(command, StartTwin)
        return ControlAccepted("StartTwin", command.twin, command.twin, 1)

    async with control_plane(bus, answer), conversation(bus, topics) as control:
        asked = (control.ask(StartTwin(twin), twin) for twin in ("a", "b", "c"))
        assert [accepted.id for accepted in await asyncio.gather(*asked)] == ["a", "b", "c"]


async def test_a_command_carries_its_envelope(bus: MemoryBus, topics: Topics) -> None:
    accepted = ControlAccepted("StartTwin", "t", "pendulum", 2)
    async with control_plane(bus, lambda _: accepted), conversation(bus, topics) as control:
        await control.ask(StartTwin("t"), "t")
    (record,) = bus.records(COMMANDS)
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["ce_org"] == "local"
    assert headers["ce_subject"] == "t"
    assert headers["ce_id"]
