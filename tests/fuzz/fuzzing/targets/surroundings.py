"""Where a record is read: a bus in memory, and what is true there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import cache
from typing import Any, cast

from fuzzing.refusal import refusing
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.bus.types import Headers
from twin_common.bus.types import Record as BusRecord
from twin_common.errors import SendFailed
from twin_common.metrics import Metrics
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.record import Record
from twin_schemas.records import Desired, TwinSpec

Consumer = Callable[[Record], None]
PREFIX = "fuzz"
TWIN = "0190a1b2-0000-7000-8000-000000000001"
"""Of the journal that `fuzzing.targets.journals` begins."""


def waiting(read: Callable[[Any], Coroutine[Any, Any, None]]) -> Consumer:
    """A consumer of what waits for others, with an event loop for each record."""

    def consume(record: Record) -> None:
        asyncio.run(read(record))

    return consume


def as_read(place: str, key: str, record: Record, headers: Headers = ()) -> BusRecord:
    """A record as it comes from the broker."""
    return BusRecord(topic(place).physical(PREFIX), 0, 0, key.encode(), codec.encode(record), headers, 0)


async def a_bus(*places: str) -> MemoryBus:
    """One with these topics, of one partition each."""
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await create_topics(admin, {place: catalogue()[place] for place in places}, PREFIX, partitions=1)
    return bus


async def put(bus: MemoryBus, place: str, key: str, record: Record, headers: Headers = ()) -> None:
    """Write a record.

    Raises:
        Refusal: no broker takes so large a one.
    """
    async with await bus.producer() as producer:
        name, value = topic(place).physical(PREFIX), codec.encode(record)
        with refusing(SendFailed):
            await producer.send(name, key=key.encode(), value=value, partition=0, headers=headers)


def at_home(record: Record, **true: Any) -> Any:
    """The record with what it has from an example as it is true here; what somebody has changed stays."""
    usual = _usual(type(record).__name__)
    known = {
        name: value
        for name, value in true.items()
        if hasattr(record, name) and getattr(record, name) in [getattr(each, name) for each in usual]
    }
    return replace(cast("Any", record), **known)


@cache
def _usual(kind: str) -> tuple[Record, ...]:
    return tuple(examples.load(kind).values())


@cache
def metrics() -> Metrics:
    """Of this process."""
    return Metrics(process=False)


def a_spec(**changes: Any) -> TwinSpec:
    """Of the twin of that journal, which runs."""
    full: Any = examples.load("TwinSpec")["full"]
    known = {"twin": TWIN, "org": "local", "name": "cart", "revision": 1, "partition": 0, "pool": "default"}
    return cast("TwinSpec", replace(full, desired=Desired.RUNNING, **{**known, **changes}))
