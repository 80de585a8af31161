"""One twin's journal, entered in log order: which records are in force, and whether every tick is accounted for.

The rules are those of the journal protocol, written anew here: what the platform's own library decides isn't believed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from twin_schemas.records import (
    ChannelKind,
    Epoch,
    Grid,
    GridSegment,
    JointCommand,
    ObservationFrame,
    ParametersApplied,
    Resumed,
    SourceQuorum,
    SourcesAcquired,
    StateReset,
    Stopped,
    TimeDiscontinuity,
    TwinGenesis,
)
from twin_sim.journal import JournalRecord

NS_PER_S = 1_000_000_000
Identity = tuple[int, int]
"""Incarnation and journal offset."""


@dataclass
class JournalBook:
    """What one journal says.

    Attributes:
        frames: frames in force that nobody has settled yet, with their tick.
        gaps: how many of all frames say that the writer was away.
        named: ticks that a discontinuity names.
        missing: ticks that are in no frame in force and in no discontinuity.
        split: first ticks of discontinuities that go on where the same writer's last one has ended.
        again: ticks that are in two frames in force.
        torn: frames of an incarnation that was ended because its journal had lost its newest records, written until
            that was noticed: they may have a prediction, and need none.
        positions: position readings of frames in force, in log order, with the tick.
        commands: journal records in force by command id.
        discontinuities: from when to when (ns) ticks are only named, and how many.
        away: times in which readings may not have reached a writer: source times from and to, ns.
        incarnation: the newest.
        partition: where the journal is.
        tick: the last one.
    """

    frames: dict[Identity, int] = field(default_factory=dict)
    gaps: int = 0
    named: int = 0
    total: int = 0
    missing: list[int] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    torn: set[Identity] = field(default_factory=set)
    positions: list[tuple[float, int]] = field(default_factory=list)
    commands: dict[str, list[Identity]] = field(default_factory=lambda: defaultdict(list))
    discontinuities: list[tuple[int, int, int]] = field(default_factory=list)
    away: list[tuple[int, int]] = field(default_factory=list)
    incarnation: int = 0
    partition: int = -1
    tick: int | None = None
    _epoch: Epoch | None = None
    _grid: Grid | None = None
    _sound_ns: int | None = None
    _sound: bool = True
    _hinge: int | None = None
    _lost: bool = False
    _named: bool = False

    def lose(self) -> None:
        """Its newest records go: the next incarnation begins at whichever tick its state is from."""
        self._lost = True

    def take(self, offset: int, record: JournalRecord) -> None:
        """Enter the next record."""
        held = self._epoch
        if isinstance(record, SourcesAcquired) and (held is None or record.epoch.counter > held.counter):
            self._epoch, self._sound, self._named = record.epoch, False, False
            return
        if record.epoch != self._epoch:
            return
        match record:
            case TwinGenesis():
                if self._lost:
                    self.tick, self._lost = None, False
                    self._tear(record)
                self.incarnation, self._grid, self._sound = record.incarnation, record.grid, False
                self._named = False
                self._hinge = next(
                    (each.index for each in record.channels if each.kind is ChannelKind.POSITION), None
                )
            case ObservationFrame():
                self._frame(offset, record)
            case TimeDiscontinuity():
                self._expect(record.first_tick)
                ticks = record.last_tick - record.first_tick + 1
                self.named += ticks
                if self._named:
                    self.split.append(record.first_tick)
                self._named = True
                span = (self._time_ns(record.first_tick), self._time_ns(record.last_tick))
                self.discontinuities.append((*span, ticks))
                self.tick, self._sound = record.last_tick, False
            case GridSegment():
                self._grid = record.grid
                if record.command_id is not None:
                    self.commands[record.command_id].append((self.incarnation, offset))
            case Resumed():
                self._grid, self._sound, self._named = record.grid, False, False
            case Stopped():
                self._sound = False
            case SourceQuorum(live=False):
                self._sound = False
            case JointCommand() | StateReset() | ParametersApplied():
                self.commands[record.command_id].append((self.incarnation, offset))
            case _:
                pass

    def _tear(self, genesis: TwinGenesis) -> None:
        if genesis.incarnation > self.incarnation and genesis.reason.startswith("new incarnation: "):
            self.torn |= self.frames.keys()
            self.frames.clear()

    def _frame(self, offset: int, frame: ObservationFrame) -> None:
        self._expect(frame.tick)
        self.tick, self._named = frame.tick, False
        self.total += 1
        self.frames[self.incarnation, offset] = frame.tick
        self.positions += [
            (reading.values[0], frame.tick) for reading in frame.readings if reading.channel == self._hinge
        ]
        self.gaps += frame.gap
        if frame.gap:
            self._sound = False
        if frame.gap or not frame.readings:  # an empty frame alone excuses nothing: the writer was there
            return
        now_ns = self._time_ns(frame.tick)
        if not self._sound:
            self.away.append((self._sound_ns or 0, now_ns))
        self._sound, self._sound_ns = True, now_ns

    def _expect(self, tick: int) -> None:
        if self.tick is None:
            return
        if tick <= self.tick:
            self.again.append(tick)
        self.missing += range(self.tick + 1, tick)

    def _time_ns(self, tick: int) -> int:
        grid = self._grid
        assert grid is not None
        return grid.time_ns + (tick - grid.tick) * NS_PER_S * grid.rate_den // grid.rate_num
