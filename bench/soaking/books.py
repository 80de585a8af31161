"""Settles journals against predictions while they are written: of a bounded topic the past is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from _platform import Platform

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Record
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode
from twin_schemas.records import ObservationFrame, PredictionFrame, TimeDiscontinuity, TwinGenesis, TwinSpec
from twin_sim.journal import EpochFilter


@dataclass(slots=True)
class Account:
    """One twin's.

    Attributes:
        frames, missing, twice: frames in force; ticks that nothing names; ticks that came again.
        named: ticks that discontinuities name.
        begun: incarnations that began after the first.
        waiting: offsets of frames in force without a prediction.
        early: offsets of predictions whose frame hasn't been read yet.
    """

    frames: int = 0
    named: int = 0
    begun: int = -1
    missing: int = 0
    twice: int = 0
    waiting: set[int] = field(default_factory=set)
    early: set[int] = field(default_factory=set)
    _epochs: EpochFilter = field(default_factory=EpochFilter)
    _last: int | None = None
    _read: int = -1

    def journal(self, offset: int, record: object) -> None:
        """Enter a record of the journal."""
        self._read = offset
        if not self._epochs.admits(record):  # type: ignore[arg-type]
            return
        match record:
            case TwinGenesis():
                self._last, self.begun = None, self.begun + 1
            case TimeDiscontinuity():
                self._reach(record.first_tick, record.last_tick)
                self.named += record.last_tick - record.first_tick + 1
            case ObservationFrame():
                self._reach(record.tick, record.tick)
                self.frames += 1
                if offset in self.early:
                    self.early.remove(offset)
                else:
                    self.waiting.add(offset)

    def predicted(self, offset: int) -> None:
        """Enter a prediction; one that comes again changes nothing."""
        if offset > self._read:
            self.early.add(offset)
        self.waiting.discard(offset)

    def _reach(self, first: int, last: int) -> None:
        if self._last is not None:
            self.missing += max(0, first - self._last - 1)
            self.twice += max(0, self._last + 1 - first)
        self._last = last if self._last is None else max(last, self._last)


class Books:
    """The accounts of some twins.

    Args:
        specs: the twins.
    """

    def __init__(self, specs: Iterable[TwinSpec]) -> None:
        self._accounts = {spec.twin.encode(): Account() for spec in specs}

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
        account = self._accounts.get(read.key or b"")
        if account is None or read.value is None:
            return
        record = decode(read.value)
        if isinstance(record, PredictionFrame):
            account.predicted(record.offset)
        else:
            account.journal(read.offset, record)

    def waiting(self) -> set[tuple[bytes, int]]:
        """Twin and offset of every frame that has no prediction yet."""
        return {(twin, offset) for twin, each in self._accounts.items() for offset in each.waiting}

    @property
    def frames(self) -> int:
        """Frames in force of all twins."""
        return sum(each.frames for each in self._accounts.values())

    @property
    def named(self) -> int:
        """Ticks of all twins that discontinuities name instead."""
        return sum(each.named for each in self._accounts.values())

    def settled(self, due: set[tuple[bytes, int]]) -> Mapping[str, int]:
        """What isn't accounted for, over all twins.

        Args:
            due: frames that waited long enough ago for their predictions to be here by now.
        """
        accounts = self._accounts.values()
        return {
            "twins without a frame": sum(not each.frames for each in accounts),
            "frames without prediction": len(due & self.waiting()),
            "ticks missing": sum(each.missing for each in accounts),
            "ticks twice": sum(each.twice for each in accounts),
            "incarnations that began on the way": sum(max(0, each.begun) for each in accounts),
        }
