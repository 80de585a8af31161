"""A sync engine that holds one partition, whose every journal is that of the pendulum; nobody else is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from fuzzing.targets.journals import begun
from fuzzing.targets.surroundings import PREFIX, metrics
from sync_engine.adapters.specs import follow_specs
from sync_engine.domain.found_tail import FoundTail
from sync_engine.domain.limits import Limits
from sync_engine.domain.taken import Kept
from sync_engine.handlers.commands import Commands
from sync_engine.handlers.holding import Holding
from sync_engine.handlers.partition import Partition
from sync_engine.handlers.partitions import Partitions
from sync_engine.handlers.permission import Permission
from sync_engine.handlers.predictions import Predictions
from sync_engine.handlers.telemetry import Telemetry, report_statuses
from sync_engine.handlers.watch import StallWatch
from sync_engine.handlers.writing import Writing
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import Record as BusRecord
from twin_common.clock import SystemClock
from twin_common.health import Health
from twin_common.identity import OpenGuard
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.record import Record
from twin_schemas.records import TwinPrediction, TwinSpec
from twin_sim.journal import JournalRecord, JournalTail

_JOURNAL = topic("sim.journal").physical(PREFIX)


class Engine:
    """It.

    Attributes:
        partition: the one that it holds.
        commands, predictions: what handles those topics.
        said: everything that it has told the world.
    """

    def __init__(self) -> None:
        self._clock, self.partition = SystemClock(), Partition(0)
        self.said: list[Record] = []
        self._public = cast("Any", _Public(self.said))
        self._journal = cast("Any", _Journal())
        tails = cast("Any", _Tails())
        watch = StallWatch(self._clock, lambda _: None, lambda _: None)
        watch.limit(1 << 40)
        self._writing = Writing(
            self._journal, self._clock, watch, lambda held, error: self._partitions.give_up(held, error)
        )
        bridge = cast("Any", _Bridge())
        self._holding = Holding(
            writer="fuzz", limits=Limits(), clock=self._clock, journal=self._journal, tails=tails,
            public=self._public, writing=self._writing, bridges={"mqtt": bridge}, default_broker="mqtt://127.0.0.1",
        )  # fmt: skip
        self._journal.partitions = self._partitions = Partitions(
            holding=self._holding, clock=self._clock, journal=self._journal, tails=tails,
            public=self._public, writing=self._writing, crash=_nothing,
        )  # fmt: skip
        self._follower: Any = SimpleNamespace(
            follow=_nothing, follow_since=_nothing, drop=_nothing, renew=_nothing
        )
        self._partitions.attach(self._follower, self._follower)
        self._partitions._held[0] = self.partition
        permission = Permission(OpenGuard("local"), self._public, self._clock)
        self.commands = Commands(
            self._partitions, self._journal, tails, self._writing, self._public, permission
        )
        self.predictions = Predictions(self._partitions, self._journal, self._public, self._clock, watch)

    async def follow(self, bus: MemoryBus) -> None:
        """Hold what the specs on a bus want."""
        loaded = asyncio.Event()
        specs, read = topic("twin.specs").physical(PREFIX), asyncio.create_task(loaded.wait())
        following = asyncio.create_task(
            follow_specs(bus, specs, self._clock, self._partitions.on_spec, loaded.set, _nothing)
        )
        await asyncio.wait({following, read}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
        following.cancel()
        anew = await self._holding.reconcile(self.partition, self._partitions._specs, self._follower)
        await self._partitions._going_on.catch_up(self.partition, anew)
        self.partition.ready.set()

    async def settle(self) -> None:
        """Write the frames that are due, read everything back, and report."""
        for held in self._partitions.all_twins():
            self._writing._advance(held)
        await asyncio.gather(*self._journal.reading)
        telemetry = Telemetry(metrics())
        reporting = asyncio.create_task(
            report_statuses(
                self._partitions, self._public, telemetry, "fuzz", self._clock, Health(self._clock)
            )
        )
        await asyncio.sleep(0)
        if reporting.done():
            reporting.result()
        reporting.cancel()
        telemetry.keep(frozenset())

    def close(self) -> None:
        """Hold nothing."""
        self._writing.close()
        self._holding.stop_all(self.partition)


@contextmanager
def engine() -> Iterator[Engine]:
    """One that lets go of everything in the end."""
    made = Engine()
    try:
        yield made
    finally:
        made.close()


class _Journal:
    """Takes every record, and reads each back at once."""

    def __init__(self) -> None:
        self.partitions: Partitions
        self.reading: list[asyncio.Task[None]] = []
        self._end = len(begun())

    def append(
        self, partition: int, twin: str, record: JournalRecord, headers: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        value = codec.encode(record)
        read = BusRecord(_JOURNAL, partition, self._end, twin.encode(), value, headers, 0)
        self._end += 1
        self.reading.append(asyncio.create_task(self.partitions.on_journal(read)))

    def backlog(self, partition: int) -> int:
        return 0

    def end(self, partition: int) -> int:
        return self._end

    async def settled(self, partition: int) -> None: ...


class _Tails:
    """Every journal is that of the pendulum."""

    async def read(self, partition: int, specs: Mapping[str, TwinSpec]) -> tuple[dict[str, FoundTail], int]:
        found = {twin: FoundTail(twin, JournalTail()) for twin in specs}
        for tail in found.values():
            for offset, record in enumerate(begun()):
                tail.observe(offset, record)
        return found, len(begun())

    async def taken_since(self, partition: int, twin: str, time_ms: int) -> list[Kept]:
        return []


class _Bridge:
    """Connects with everything."""

    def listen(self, source: Any, backoff_ms: tuple[int, ...], listener: Any) -> Callable[[], None]:
        listener.link(connected=True, error=None)
        return lambda: None

    def outlet(self, publish: Any, broker: str, backoff_ms: tuple[int, ...]) -> Any:
        return SimpleNamespace(publish=lambda payload: None, close=lambda: None)


class _Public:
    """Writes everything down, as the bus would take it."""

    def __init__(self, said: list[Record]) -> None:
        self._said = said

    async def forget(self, twin: str) -> None: ...

    async def status(self, record: Record) -> None:
        codec.encode(record)

    async def audit(self, record: Record) -> None:
        codec.encode(record)

    async def answer(self, record: Record, headers: Sequence[tuple[str, bytes]]) -> None:
        codec.encode(record)
        self._said.append(record)

    async def settled(self) -> None: ...

    async def newest(self, names: Mapping[str, str]) -> dict[str, tuple[tuple[int, int], int]]:
        return {}

    async def prediction(self, prediction: TwinPrediction, trace: str | None = None) -> None:
        codec.encode(prediction)
        self._said.append(prediction)


def _nothing(*_: object) -> None: ...
