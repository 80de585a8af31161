"""Settles journals against predictions while they are written: of a bounded topic the past is gone afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from _epochs import InForce
from _platform import Platform
from _streams import messages

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Record
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode
from twin_schemas.records import ObservationFrame, PredictionFrame, TimeDiscontinuity, TwinGenesis, TwinSpec

RATE_HZ = 30
"""Of every twin and of its plant."""


@dataclass(slots=True)
class Span:
    """What counts: what was appended from one moment of the broker's clock to another, in ms since the Unix epoch."""

    since_ms: float = math.inf
    until_ms: float = math.inf

    def has(self, at_ms: int) -> bool:
        """Whether what was appended then counts."""
        return self.since_ms <= at_ms < self.until_ms


@dataclass(slots=True)
class Account:
    """One twin's. What is wrong counts from the beginning on, everything else within the span only.

    Attributes:
        span: what counts.
        frames, named: frames in force; ticks that discontinuities name.
        heard: messages of the plant that are in frames: silence makes frames, too.
        missing, twice: ticks that nothing names; ticks that came again.
        begun: incarnations that began after the first.
        waiting: offsets of frames in force without a prediction.
        early: offsets of predictions whose frame hasn't been read yet.
        heard_ms, answered_ms: when the last frame with readings, and the last prediction, was appended.
    """

    span: Span = field(default_factory=Span)
    frames: int = 0
    named: int = 0
    heard: int = 0
    missing: int = 0
    twice: int = 0
    begun: int = -1
    waiting: set[int] = field(default_factory=set)
    early: set[int] = field(default_factory=set)
    heard_ms: int = 0
    answered_ms: int = 0
    _in_force: InForce = field(default_factory=InForce)
    _last: int | None = None
    _read: int = -1
    _quiet: int = 0
    _run: int = 0

    def journal(self, offset: int, record: object, at_ms: int) -> None:
        """Enter a record of the journal, and when it was appended."""
        self._read = offset
        if not self._in_force.counts(record):  # type: ignore[arg-type]
            return
        match record:
            case TwinGenesis():
                self._last, self.begun = None, self.begun + 1
            case TimeDiscontinuity():
                ticks = record.last_tick - record.first_tick + 1
                self._reach(record.first_tick, record.last_tick)
                if self.span.has(at_ms):
                    self.named += ticks
                    self._run += ticks
            case ObservationFrame():
                self._reach(record.tick, record.tick)
                self._frame(messages(record), at_ms)
                if offset in self.early:
                    self.early.remove(offset)
                else:
                    self.waiting.add(offset)

    def predicted(self, offset: int, at_ms: int) -> None:
        """Enter a prediction; one that comes again changes nothing."""
        self.answered_ms = max(self.answered_ms, at_ms)
        if offset > self._read:
            self.early.add(offset)
        self.waiting.discard(offset)

    @property
    def ticks(self) -> int:
        """That are in the journal, in whatever form."""
        return self.frames + self.named

    @property
    def quiet(self) -> int:
        """Ticks without readings, where there were none for a second and longer."""
        return self._quiet + (self._run if self._run >= RATE_HZ else 0)

    def _frame(self, heard: int, at_ms: int) -> None:
        if heard:
            self.heard_ms = at_ms
        if not self.span.has(at_ms):
            return
        self.frames += 1
        self.heard += heard
        if heard:
            self._quiet, self._run = self.quiet, 0
        else:
            self._run += 1

    def _reach(self, first: int, last: int) -> None:
        if self._last is not None:
            self.missing += max(0, first - self._last - 1)
            self.twice += max(0, self._last + 1 - first)
        self._last = last if self._last is None else max(last, self._last)


class Books:
    """The accounts of some twins.

    Args:
        specs: the twins.

    Attributes:
        span: what counts; nothing before `begin`.
        accounts: by twin.
    """

    def __init__(self, specs: Iterable[TwinSpec]) -> None:
        self.span = Span()
        self.accounts = {spec.twin: Account(self.span) for spec in specs}

    async def follow(self, on: Platform) -> None:
        """Read both topics from their beginning on, until cancelled."""
        prefix = on.settings.stream.topic_prefix
        names = [topic(name).physical(prefix) for name in ("sim.journal", "sim.predictions")]
        async with await KafkaBus(on.settings.stream).reader() as reader:
            await reader.assign(*[part for name in names for part in await reader.partitions(name)])
            async for read in reader.tail():
                self.enter(read)

    def enter(self, read: Record) -> None:
        """Enter a record of either topic."""
        account = self.accounts.get((read.key or b"").decode())
        if account is None or read.value is None:
            return
        record = decode(read.value)
        if isinstance(record, PredictionFrame):
            account.predicted(record.offset, read.timestamp_ms)
        else:
            account.journal(read.offset, record, read.timestamp_ms)

    def waiting(self) -> set[tuple[str, int]]:
        """Twin and offset of every frame that has no prediction yet."""
        return {(twin, offset) for twin, each in self.accounts.items() for offset in each.waiting}

    @property
    def frames(self) -> int:
        """Frames in force of all twins."""
        return sum(each.frames for each in self.accounts.values())

    def settled(self, due: set[tuple[str, int]]) -> Mapping[str, int]:
        """What isn't accounted for, over all twins.

        Args:
            due: frames that waited long enough ago for their predictions to be here by now.
        """
        accounts = self.accounts.values()
        return {
            "twins without a frame": sum(not each.frames for each in accounts),
            "frames without prediction": len(due & self.waiting()),
            "ticks missing": sum(each.missing for each in accounts),
            "ticks twice": sum(each.twice for each in accounts),
            "incarnations that began on the way": sum(max(0, each.begun) for each in accounts),
        }
