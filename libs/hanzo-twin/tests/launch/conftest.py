"""A control plane in memory that keeps twins as the real one does, as far as a launch can see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hanzo_twin.bus import Twins, open_twins
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.definition import parse_twin
from twin_common.settings import Settings
from twin_schemas.catalogue import catalogue
from twin_schemas.codec import decode, encode
from twin_schemas.record import Record
from twin_schemas.records import (
    ControlAccepted,
    CreateTwin,
    Desired,
    RegisterSceneVersion,
    StartTwin,
    StopTwin,
    TwinSpec,
)

PREFIX = "hanzo.twin"


class ControlPlane:
    """Accepts every command. `received` has the names of their types."""

    def __init__(self, bus: MemoryBus) -> None:
        self.bus = bus
        self.received: list[str] = []
        self.digest = ""
        self.spec: TwinSpec | None = None

    async def run(self) -> None:
        async with await self.bus.reader() as reader, await self.bus.producer() as producer:
            await reader.assign(*await reader.partitions(f"{PREFIX}.control.commands"))
            async for read in reader.tail():
                envelope = Envelope.parse(read.headers)
                command = decode(read.value or b"")
                self.received.append(type(command).__name__)
                answer = self.answer(command)
                if self.spec is not None:
                    key, value = self.spec.twin.encode(), encode(self.spec)
                    await producer.send(f"{PREFIX}.twin.specs", key=key, value=value)
                headers = envelope.caused(type="ControlAccepted", source="test").headers()
                await producer.send(
                    f"{PREFIX}.control.events", key=read.key, value=encode(answer), headers=headers
                )

    def answer(self, command: Record) -> ControlAccepted:
        name = type(command).__name__
        match command:
            case RegisterSceneVersion():
                self.digest = command.digest
                return ControlAccepted(name, "scene-1", command.name, 3)
            case CreateTwin():
                twin = parse_twin(command.definition)
                self.spec = TwinSpec(
                    twin="twin-1",
                    org="local",
                    name=twin.name,
                    revision=1,
                    desired=Desired.STOPPED,
                    pool="default",
                    partition=0,
                    scene=command.scene,
                    scene_version=command.scene_version or 0,
                    scene_digest=self.digest,
                    scene_file="scene.usda",
                    definition=twin.canonical_json(),
                    seed=1,
                    created_ns=1,
                )
            case StartTwin() | StopTwin():
                assert self.spec is not None
                self.spec.desired = Desired.RUNNING if isinstance(command, StartTwin) else Desired.STOPPED
                self.spec.revision += 1
        assert self.spec is not None
        return ControlAccepted(name, self.spec.twin, self.spec.name, self.spec.revision)


@pytest.fixture
async def bus() -> MemoryBus:
    made = MemoryBus()
    async with await made.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    return made


@pytest.fixture
async def plane(bus: MemoryBus) -> AsyncIterator[ControlPlane]:
    made = ControlPlane(bus)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def twins(bus: MemoryBus) -> AsyncIterator[Twins]:
    async with await open_twins(Settings(), bus) as opened:
        yield opened
