"""What a reader knows when it has read a twin's journal to its end (journal rule 2)."""

from twin_schemas.records import (
    Epoch,
    FoldSnapshot,
    Grid,
    GridSegment,
    JointCommand,
    ObservationFrame,
    ParametersApplied,
    Resumed,
    RevisionApplied,
    SourceClock,
    SourceQuorum,
    SourcesAcquired,
    StateReset,
    Stopped,
    TimeDiscontinuity,
    TwinGenesis,
)
from twin_sim.journal.epochs import EpochFilter
from twin_sim.journal.revision import revised

JournalRecord = (
    TwinGenesis
    | RevisionApplied
    | SourcesAcquired
    | GridSegment
    | ObservationFrame
    | JointCommand
    | ParametersApplied
    | StateReset
    | SourceQuorum
    | SourceClock
    | Stopped
    | Resumed
    | TimeDiscontinuity
)


class JournalTail:
    """The end of one twin's journal, kept up to date record by record.

    Attributes:
        genesis: the newest genesis in force, with what newer revisions changed of it; None: the journal has none yet.
        genesis_offset: its offset.
        offset: last offset seen, void records included; -1: none.
        tick: last tick that a frame, discontinuity or stop has used; -1: none.
        grid: grid segment in force.
        commands_offset: sim.commands is sequenced up to here; -1: nothing.
        commands_folded: what a fold of this journal takes for sequenced; more, where sim.commands has lost its newest.
        parameter_version: highest version written.
        overrides: parameter overrides in force.
        stopped: between `Stopped` and `Resumed`.
        clock_offsets: by source, as last recorded, ns.
    """

    def __init__(self) -> None:
        """Begin before the first record."""
        self.genesis: TwinGenesis | None = None
        self.genesis_offset = -1
        self.offset = -1
        self.tick = -1
        self.grid: Grid | None = None
        self.commands_offset = self.commands_folded = -1
        self.parameter_version = 0
        self.overrides: dict[str, float] = {}
        self.stopped = False
        self.clock_offsets: dict[str, int] = {}
        self._epochs = EpochFilter()

    @classmethod
    def from_snapshot(cls, snapshot: FoldSnapshot) -> "JournalTail":
        """Begin at a checkpoint instead of at the first record."""
        tail = cls()
        tail.genesis, tail.genesis_offset = snapshot.genesis, snapshot.genesis_offset
        tail.offset, tail.tick, tail.grid = snapshot.offset, snapshot.tick, snapshot.grid
        tail.commands_offset = tail.commands_folded = snapshot.commands_offset
        tail.parameter_version, tail.overrides = snapshot.parameter_version, dict(snapshot.overrides)
        for pending in snapshot.pending:
            if isinstance(pending.record, ParametersApplied):
                tail.parameter_version = max(tail.parameter_version, pending.record.version)
        tail.stopped = snapshot.stopped
        tail._epochs = EpochFilter(snapshot.epoch)
        return tail

    @property
    def epoch(self) -> Epoch | None:
        """The epoch in force; None before the first acquisition."""
        return self._epochs.in_force

    @property
    def incarnation(self) -> int:
        """Number of the newest incarnation; 0 before the first genesis."""
        return self.genesis.incarnation if self.genesis else 0

    def observe(self, offset: int, record: JournalRecord) -> bool:
        """Take the next record; False when it is void or was seen before."""
        if offset <= self.offset:
            return False
        self.offset = offset
        if not self._epochs.admits(record):
            return False
        match record:
            case TwinGenesis():
                self.genesis, self.genesis_offset = record, offset
                self.tick, self.grid, self.stopped = record.grid.tick - 1, record.grid, False
                carried = record.state
                self.parameter_version = carried.parameter_version if carried else 0
                self.overrides = dict(carried.overrides) if carried else {}
            case RevisionApplied():
                if self.genesis is not None:
                    self.genesis = revised(self.genesis, record)
            case ObservationFrame():
                self.tick = record.tick
                self._sequenced(record.commands_offset)
            case JointCommand() | StateReset():
                self._sequenced(record.commands_offset)
            case ParametersApplied():
                self._sequenced(record.commands_offset)
                self.parameter_version = max(self.parameter_version, record.version)
                self.overrides = record.overrides
            case TimeDiscontinuity():
                self.tick = record.last_tick
            case GridSegment():
                self.grid = record.grid
            case Resumed():
                self.grid, self.stopped = record.grid, False
            case Stopped():
                self.stopped = True
            case SourceClock():
                self.clock_offsets[record.source] = record.offset_ns
            case SourcesAcquired() | SourceQuorum():
                pass
        return True

    def _sequenced(self, offset: int) -> None:
        self.commands_offset = max(self.commands_offset, offset)
        self.commands_folded = max(self.commands_folded, offset)
