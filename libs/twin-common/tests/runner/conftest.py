"""A runner over the memory bus, with what a test needs to drive it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic, Subscription, TopicPartition
from twin_common.metrics import Metrics
from twin_common.runner import Handler, Message, Retries, Runner
from twin_schemas.codec import decode, encode
from twin_schemas.records import DeadLetter, StartTwin, StopTwin


def envelope(**values: Any) -> Envelope:
    return Envelope.new(
        **{"type": "StartTwin", "source": "test", "org": "local", "token": "secret.jwt", **values}
    )


@dataclass
class Bench:
    """The bus, and what the handlers saw."""

    topic: str = "test.control.commands"
    dead: str = "test.dead.letter"
    group: str = "scene-manager"

    bus: MemoryBus = field(default_factory=MemoryBus)
    metrics: Metrics = field(default_factory=lambda: Metrics(process=False))
    seen: list[tuple[str, int]] = field(default_factory=list)

    def envelope(self) -> Envelope:
        return Envelope.new(type="StartTwin", source="test", org="local", token="secret.jwt")

    async def prepare(self, partitions: int = 2) -> None:
        async with await self.bus.admin() as admin:
            await admin.create_topics([NewTopic(self.topic, partitions), NewTopic(self.dead, 1)])

    async def give(self, twin: str, *, partition: int = 0, sent: Envelope | None = None) -> Envelope:
        sent = sent or self.envelope()
        await self.raw(encode(StartTwin(twin=twin)), sent, partition=partition)
        return sent

    async def raw(self, value: bytes | None, sent: Envelope | None, *, partition: int = 0) -> None:
        async with await self.bus.producer() as producer:
            await producer.send(
                self.topic, key=b"k", value=value, partition=partition, headers=sent.headers() if sent else ()
            )

    async def note(self, record: StartTwin, message: Message) -> None:
        self.seen.append((record.twin, message.attempt))

    def runner(self, handler: Handler | None = None, **options: Any) -> Runner:
        options.setdefault("retries", Retries(first_s=0.001, longest_s=0.01))
        return Runner(
            self.bus,
            options.pop("subscription", Subscription((self.topic,), self.group, instance_id="one")),
            {StartTwin: handler or self.note},
            ignored=options.pop("ignored", [StopTwin]),
            service="scene-manager",
            dead_letter_topic=self.dead,
            metrics=self.metrics,
            **options,
        )

    @asynccontextmanager
    async def running(self, runner: Runner) -> AsyncIterator[asyncio.Event]:
        """The runner at work; stopped gracefully at the end of the block."""
        stop = asyncio.Event()
        task = asyncio.create_task(runner.run(stop))
        try:
            yield stop
        finally:
            stop.set()
            await task

    def letters(self) -> list[DeadLetter]:
        found = [decode(record.value or b"") for record in self.bus.records(self.dead)]
        return [letter for letter in found if isinstance(letter, DeadLetter)]

    async def committed(self, partition: int = 0) -> int:
        async with await self.bus.admin() as admin:
            stored = (await admin.committed(self.group)).get(TopicPartition(self.topic, partition))
        return stored.offset if stored else 0

    async def until(self, condition: Any) -> None:
        """Wait for a condition; plain or async."""
        async with asyncio.timeout(10):
            while True:
                result = condition()
                if await result if asyncio.iscoroutine(result) else result:
                    return
                await asyncio.sleep(0.005)


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.prepare()
    return bench
