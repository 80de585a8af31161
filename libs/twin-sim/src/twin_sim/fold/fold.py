"""The fold: state[k+1], prediction[k] = fold(state[k], journal[k])."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from twin_schemas import codec
from twin_schemas.records import (
    FoldSnapshot,
    GridSegment,
    JointCommand,
    ObservationFrame,
    ParametersApplied,
    PendingCommand,
    PortableState,
    Resumed,
    RevisionApplied,
    StateReset,
    Stopped,
    TimeDiscontinuity,
    TwinGenesis,
)
from twin_sim.fold.advance import Advanced
from twin_sim.fold.bounds import check_grid, check_time, longest_interval_ns
from twin_sim.fold.commands import check_command, refusal, refused_while_parked
from twin_sim.fold.config import FOLD_VERSION
from twin_sim.fold.errors import RefusedCommand, Unfoldable
from twin_sim.fold.foldable import Command, Foldable, Moment, Seed
from twin_sim.fold.frame import Emitted, Folded, fold_frame
from twin_sim.fold.portable import take_over, to_portable
from twin_sim.fold.state import FoldState
from twin_sim.journal.epochs import EpochFilter
from twin_sim.journal.grid import NS_PER_S, tick_time
from twin_sim.journal.revision import revised, same_model
from twin_sim.journal.tail import JournalRecord


@dataclass(frozen=True, slots=True)
class _Kept:
    """The engine's state of a parked fold, which no engine is open for."""

    engine: bytes

    def to_bytes(self) -> bytes:
        """As it was in the checkpoint."""
        return self.engine


OpenTwin = Callable[[TwinGenesis, Mapping[str, float]], Foldable]
"""Opens the model that a genesis names, under parameter overrides. Raises ValueError or KeyError when it can't."""


class Fold:
    """One twin's journal folded over its state, record by record.

    Whatever a record does happens whole or not at all: one that can't be applied parks the fold before it, and from
    then on only a new genesis is taken (rule 24).

    Attributes:
        state: None before the first genesis.
        last: what the newest frame led to; None before the first one and after a restore.
    """

    def __init__(self, open_twin: OpenTwin) -> None:
        """Begin before the first record."""
        self.state: FoldState | None = None
        self.last: Folded | None = None
        self._open_twin = open_twin
        self._epochs = EpochFilter()
        self._twin: Foldable | None = None
        self._base: Moment | None = None
        self._ahead: Advanced | None = None
        self._unopened: str | None = None

    @classmethod
    def restore(cls, snapshot: FoldSnapshot, open_twin: OpenTwin) -> "Fold":
        """Go on from a checkpoint; the next record to take is the one after `snapshot.offset`.

        Raises:
            Unfoldable: the model can't be opened, or the state was taken from another one.
        """
        fold = cls(open_twin)
        state = FoldState.from_snapshot(snapshot)
        if (
            state.parked is not None
        ):  # may be what brought the process down: only a new genesis opens an engine
            fold.state, fold._base, fold._epochs = state, _Kept(snapshot.engine), EpochFilter(snapshot.epoch)
            return fold
        twin = fold._opened(snapshot.genesis, snapshot.overrides)
        try:
            twin.restore(snapshot.engine)
        except ValueError as error:
            twin.close()
            raise Unfoldable("bad_checkpoint", str(error)) from error
        fold.state, fold._twin, fold._base = state, twin, twin.save()
        fold._epochs = EpochFilter(snapshot.epoch)
        return fold

    @classmethod
    def carry_on(cls, snapshot: FoldSnapshot, portable: PortableState, open_twin: OpenTwin) -> "Fold":
        """Go on, approximately, from a checkpoint of another build; what it says isn't what that build would say.

        Raises:
            Unfoldable: the model can't be opened, or can't take the state over.
        """
        fold = cls(open_twin)
        state = FoldState.from_snapshot(snapshot)
        fold._twin = fold._opened(snapshot.genesis, portable.overrides)
        fold._take_over(state, fold._twin, portable)
        fold.state, fold._base = state, fold._twin.save()
        fold._epochs = EpochFilter(snapshot.epoch)
        return fold

    @staticmethod
    def _take_over(state: FoldState, twin: Foldable, portable: PortableState) -> None:
        try:
            take_over(state, twin, portable)
        except (ArithmeticError, LookupError, ValueError) as error:
            twin.close()
            raise Unfoldable("bad_state", str(error.args[0] if error.args else error)) from error

    @property
    def parked(self) -> str | None:
        """Why the fold is parked; None: it is not."""
        return self.state.parked if self.state else self._unopened

    def take(self, offset: int, record: JournalRecord) -> list[Emitted]:
        """Fold the next record of the journal.

        Args:
            offset: its journal offset; one that was taken already changes nothing.
            record: of this twin, void ones included.

        Returns:
            What the fold has to say, to be published in this order.
        """
        state = self.state
        if state is not None and offset <= state.offset:
            return []
        if not self._epochs.admits(record):
            return self._skip(offset)
        try:
            if isinstance(record, TwinGenesis):
                return self._begin(offset, record)
            if state is None:
                return []
            state.epoch = (
                record.epoch
            )  # of a parked twin, too: the genesis that un-parks it comes from that writer
            if state.parked is not None:
                return [*refused_while_parked(state, offset, record)]
            return self._dispatch(state, offset, record)
        except Unfoldable as reason:
            self.park(str(reason))
        except (ArithmeticError, LookupError, ValueError) as error:
            # the engine's own word, or arithmetic that the record's numbers break: the same on every re-fold
            self.park(f"unfoldable: {type(error).__name__} at journal offset {offset}: {error}")
        return []

    def _skip(self, offset: int) -> list[Emitted]:
        if self.state is not None and self.state.parked is None:
            self.state.offset = offset
        return []

    def _dispatch(self, state: FoldState, offset: int, record: JournalRecord) -> list[Emitted]:
        match record:
            case ObservationFrame():
                return self._frame(state, offset, record)
            case JointCommand() | ParametersApplied() | StateReset():
                return self._accept(state, offset, record)
            case GridSegment():
                self._new_segment(state, record)
            case TimeDiscontinuity():
                self._skip_ticks(state, record)
            case RevisionApplied():
                self._revise(state, record)
            case Stopped():
                state.stopped = True
            case Resumed():
                self._resume(state, record)
            case _:
                pass  # who reads and at which clock offset: nothing that the arithmetic depends on
        state.offset = offset
        return []

    def _begin(self, offset: int, genesis: TwinGenesis) -> list[Emitted]:
        if genesis.stamps.fold_version != FOLD_VERSION:
            raise Unfoldable(
                "fold_version",
                f"genesis asks for fold version {genesis.stamps.fold_version}, this is {FOLD_VERSION}: "
                "verify the journal with the build that its genesis names, or begin a new incarnation",
            )
        check_grid(genesis.grid)
        try:
            state = FoldState.begin(offset, genesis)
        except ValueError as error:
            raise Unfoldable("bad_genesis", str(error)) from error
        portable = genesis.state
        twin = self._opened(genesis, portable.overrides if portable else {})
        if portable is not None:
            self._take_over(state, twin, portable)
        state.ring.append(state.time_ns, twin.read())
        kept = {command.offset for command in state.pending}
        orphans = [each for each in self.state.pending if each.offset not in kept] if self.state else []
        self.close()
        self.state, self._twin, self._base = state, twin, twin.save()
        self.last = self._ahead = self._unopened = None
        gone = RefusedCommand("superseded", "a new incarnation began before its effect time; send it again")
        return [refusal(state, offset, orphan.record, gone) for orphan in orphans]

    def _opened(self, genesis: TwinGenesis, overrides: Mapping[str, float]) -> Foldable:
        try:
            return self._open_twin(genesis, overrides)
        except Unfoldable:
            raise
        except (ArithmeticError, LookupError, ValueError) as error:
            raise Unfoldable("model", str(error.args[0] if error.args else error)) from error

    def _frame(self, state: FoldState, offset: int, frame: ObservationFrame) -> list[Emitted]:
        assert self._twin is not None and self._base is not None
        if state.stopped:
            raise Unfoldable("frame_while_stopped", f"frame of tick {frame.tick} between stop and resume")
        ring_length = len(state.ring)
        try:
            folded = fold_frame(state, offset, frame, self._twin, self._base, self._ahead)
        except BaseException:
            state.ring.rewind(ring_length)
            self._ahead = None
            raise
        self.state, self._base, self._ahead, self.last = folded.state, folded.base, folded.ahead, folded
        return folded.emitted

    def _accept(self, state: FoldState, offset: int, command: Command) -> list[Emitted]:
        if 0 <= command.commands_offset <= state.commands_offset:
            state.offset = offset
            return []  # sequenced before; rule 5: the fold keeps only the high-water offset
        assert self._twin is not None
        said: list[Emitted] = []
        pending = state.pending
        try:
            check_command(state, command, self._twin)
            pending = [*pending, PendingCommand(offset, command)]
        except RefusedCommand as refused:
            said = [refusal(state, offset, command, refused)]
        # nothing was changed up to here: whatever else the check raised parks the fold before the record
        state.offset, state.pending = offset, pending
        state.commands_offset = max(state.commands_offset, command.commands_offset)
        return said

    def _new_segment(self, state: FoldState, segment: GridSegment) -> None:
        grid = segment.grid
        check_grid(grid)
        if grid.tick != state.tick + 1 or grid.time_ns <= state.time_ns:
            raise Unfoldable(
                "bad_segment",
                f"segment begins at tick {grid.tick}, {grid.time_ns}; last was {state.tick}, {state.time_ns}",
            )
        if segment.reason == "discontinuity":
            self._jump(state, state.tick, tick_time(grid, grid.tick - 1))
        elif grid.time_ns - state.time_ns > longest_interval_ns(state.grid, grid):
            raise Unfoldable(
                "bad_segment",
                f"{(grid.time_ns - state.time_ns) / NS_PER_S:.3f} s lie before its first tick: "
                "that much is skipped by a discontinuity, not simulated",
            )
        state.grid = grid

    def _skip_ticks(self, state: FoldState, gap: TimeDiscontinuity) -> None:
        if gap.first_tick != state.tick + 1 or gap.last_tick < gap.first_tick:
            raise Unfoldable(
                "bad_discontinuity",
                f"ticks {gap.first_tick}..{gap.last_tick} are skipped after tick {state.tick}",
            )
        check_time(tick_time(state.grid, gap.last_tick))
        self._jump(state, gap.last_tick, tick_time(state.grid, gap.last_tick))

    def _resume(self, state: FoldState, resumed: Resumed) -> None:
        grid = resumed.grid
        check_grid(grid)
        if grid.tick != state.tick + 1 or grid.time_ns <= state.time_ns:
            raise Unfoldable(
                "bad_resume",
                f"goes on at tick {grid.tick}, {grid.time_ns}; last was {state.tick}, {state.time_ns}",
            )
        self._jump(state, state.tick, tick_time(grid, state.tick))
        state.grid, state.stopped = grid, False

    @staticmethod
    def _revise(state: FoldState, applied: RevisionApplied) -> None:
        config = applied.config
        if config is not None and not same_model(config, state.genesis.fold):
            raise Unfoldable(
                "bad_revision",
                f"revision {applied.revision} changes how the engine steps: that takes a new incarnation",
            )
        state.genesis = revised(state.genesis, applied)

    def _jump(self, state: FoldState, tick: int, time_ns: int) -> None:
        """Let time pass that nobody simulates: the state is held, the trajectory begins anew."""
        assert self._twin is not None and self._base is not None
        self._ahead = None
        self._twin.load(self._base)
        here = self._twin.read()
        state.tick, state.time_ns = tick, time_ns
        state.ring.clear()
        state.ring.append(time_ns, here)

    def park(self, reason: str) -> None:
        """Take nothing more until a new genesis; the state stays as it was before the record at fault."""
        if self.state is not None:
            self.state.parked = reason
        else:
            self._unopened = reason

    def snapshot(self) -> FoldSnapshot:
        """The complete state, for a checkpoint.

        Raises:
            Unfoldable: there is none yet.
        """
        if self.state is None or self._base is None:
            raise Unfoldable("no_state", "the journal has no genesis yet")
        return self.state.to_snapshot(self._base.to_bytes())

    def portable(self) -> PortableState | None:
        """The state after the last tick for another build; None: there is none, or no engine is open to ask."""
        if self.state is None or self._twin is None or self._base is None:
            return None
        return to_portable(self.state, self._twin.carried(self._base))

    def digest(self) -> str:
        """sha256 of the complete state, hex."""
        return sha256(codec.encode(self.snapshot())).hexdigest()

    def fork_at_tick(self) -> tuple[FoldState, Seed]:
        """A copy of the state, and the seed of a twin that stands at the last tick, for another thread."""
        if self.state is None or self._twin is None or self._base is None:
            raise Unfoldable("no_state", "the journal has no genesis yet")
        return self.state.copied(), self._twin.seed(self._base)

    def close(self) -> None:
        """Release the engine."""
        if self._twin is not None:
            self._twin.close()
            self._twin = None
