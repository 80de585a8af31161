"""One twin on this worker: its fold, the records that wait for a model, and what was said of it."""

import logging
from collections import deque
from dataclasses import replace
from time import perf_counter

from sim_worker.domain.places import FOLD, record_place
from sim_worker.domain.ports import Ack, Breadcrumbs, Meter, PhysicsModel
from sim_worker.domain.recipe import Recipe
from sim_worker.domain.resume import Coverage
from sim_worker.domain.slots import CheckpointKey, SlotTurn
from sim_worker.domain.status import Counts, Trouble
from sim_worker.errors import StartError
from sim_worker.handlers.bridge import Bridge
from sim_worker.handlers.counting import count
from sim_worker.handlers.entries import Entry, Poison
from sim_worker.handlers.lost import LostTail
from sim_worker.handlers.models import Models, Needs
from sim_worker.handlers.recognition import Recognition
from sim_worker.handlers.traces import Traces
from twin_schemas.records import (
    Epoch,
    FoldSnapshot,
    ObservationFrame,
    ParametersApplied,
    PortableState,
    Resumed,
    TwinGenesis,
)
from twin_sim.fold import Emitted, Fold, HorizonWindow, Unfoldable
from twin_sim.journal import JournalRecord

log = logging.getLogger(__name__)


class TwinRun:
    """A twin whose journal lies on a partition of this worker.

    Attributes:
        twin: its UUID.
        fold: its fold; holds nothing while the twin is asleep.
        bridge: its incarnation is another build's, and it waits for one of this build; None: it is this build's.
        lost: its journal's tail, for which it waits for a new incarnation; None: nothing is.
        asleep: the state of a twin whose engine is closed: stopped, or not yet opened after a restore.
        queue: records that wait for `preparing`.
        preparing: a model is being compiled.
        taken: last offset that the fold was given.
        saving: a checkpoint is under way.
        blobs: digests of its newest checkpoints that lie in object storage, oldest first.
        tidied: what other workers left of it in object storage has been looked through.
        traces: commands that somebody traces.
        buried: the twin was deleted; nothing of it is written any more.
        checkpoint_offset: journal offset of the newest checkpoint; -1: none.
        parked_kept: a checkpoint says that the twin is parked.
        acks: what must be acknowledged before a checkpoint may be written.
        heard_ns: when the last frame arrived, or when frames began to be expected.
        lag_ms: age of the newest frame when it was folded.
        behind_s: how long the newest record had lain in the journal when it was folded, s.
        spent_s: computing time of folding since it was last asked for.
    """

    def __init__(self, twin: str, crumbs: Breadcrumbs, meter: Meter, deaths_allowed: int, cpu: str) -> None:
        """Begin before the first record, on a host with this CPU fingerprint."""
        self.twin = twin
        self._models = Models(meter, cpu)
        self.fold = Fold(self._models.open)
        self.asleep: FoldSnapshot | None = None
        self.bridge: Bridge | None = None
        self.lost: LostTail | None = None
        self.recognition = Recognition()
        self._portable: PortableState | None = None
        self.queue: deque[Entry] = deque()
        self.preparing = False
        self.coverage = Coverage()
        self.slots = SlotTurn()
        self.keys: set[CheckpointKey] = set()
        self.blobs: deque[str] = deque()
        self.tidied = self.buried = False
        self.traces = Traces()
        self.windows: list[HorizonWindow] = []
        self.counts = Counts()
        self.taken = -1
        self.saving = False
        self.parked_kept = False
        self.checkpoint_offset = -1
        self.acks: dict[str, Ack] = {}
        self.heard_ns = 0
        self.lag_ms = self.behind_s = self.spent_s = 0.0
        self._crumbs, self._meter, self._deaths_allowed = crumbs, meter, deaths_allowed

    # What it is now -----------------------------------------------------------------------------------------------

    @property
    def genesis(self) -> TwinGenesis | None:
        """The genesis in force."""
        held = self.asleep or self.fold.state
        return held.genesis if held else None

    @property
    def engine(self) -> str:
        """Name of the engine that its incarnation runs on; empty before the first."""
        return self.genesis.stamps.engine if self.genesis else ""

    @property
    def offset(self) -> int:
        """Last journal offset folded; -1: none."""
        held = self.asleep or self.fold.state
        return held.offset if held else -1

    @property
    def tick(self) -> int:
        """Last tick folded; -1: none."""
        held = self.asleep or self.fold.state
        return held.tick if held else -1

    @property
    def stopped(self) -> bool:
        """Between `Stopped` and `Resumed`."""
        held = self.asleep or self.fold.state
        return held is not None and held.stopped

    @property
    def parked(self) -> str | None:
        """Why it is parked."""
        return self.asleep.parked if self.asleep else self.fold.parked

    @property
    def folding(self) -> bool:
        """True when frames move it on."""
        return self.genesis is not None and not self.stopped and self.parked is None

    @property
    def engine_open(self) -> bool:
        """True when it holds a simulation."""
        return self.asleep is None and self.fold.state is not None and self.fold.parked is None

    @property
    def checkpointable(self) -> bool:
        """True when a checkpoint would say something new; over a bridge nothing is told."""
        return self.coverage.dirty and self.bridge is None and self.lost is None

    def snapshot(self) -> FoldSnapshot | None:
        """The complete state; None before the first genesis."""
        if self.asleep is not None:
            return self.asleep
        return self.fold.snapshot() if self.fold.state is not None else None

    def carried(self) -> PortableState | None:
        """The same for who can't read the engine's bytes; None: there is none, or it is parked."""
        return None if self.parked is not None else self.fold.portable() or self._portable

    def lose_tail(self, snapshot: FoldSnapshot, lost: LostTail) -> None:
        """Take nothing but a new incarnation, which is asked for from now on."""
        self.lost, self.fold = lost, Fold.restore(lost.parked(snapshot), self._models.open)

    def restore(self, snapshot: FoldSnapshot, portable: PortableState | None = None) -> None:
        """Go on from a checkpoint: asleep until its model is there; a parked twin opens none."""
        self._portable = portable
        self.taken = snapshot.offset
        self.coverage = Coverage(snapshot.offset)
        self.checkpoint_offset = snapshot.offset
        if snapshot.parked is None:
            self.asleep = snapshot
        else:
            self.fold = Fold.restore(snapshot, self._models.open)
            self.parked_kept = True

    # Models -------------------------------------------------------------------------------------------------------

    def needs(self, record: JournalRecord | Poison) -> Needs | None:
        """What must be prepared before the record can be given to `take`; None: nothing."""
        if self.asleep is not None:
            return self.wake_needs()
        if isinstance(record, TwinGenesis):
            recipe = Recipe.of_genesis(record)
            carried = record.state.overrides if record.state is not None else {}
            if self._models.has(recipe):
                return self._models.needs(carried) if carried else None
            return Needs(recipe, (carried,) if carried else ())
        if isinstance(record, ParametersApplied) and self.engine_open:
            return self._models.needs(record.overrides)
        return None

    def wake_needs(self) -> Needs | None:
        """What a sleeping twin needs to be opened."""
        snapshot = self.asleep
        if snapshot is None:
            return None
        pending = [p.record.overrides for p in snapshot.pending if isinstance(p.record, ParametersApplied)]
        return Needs(Recipe.of_genesis(snapshot.genesis), (snapshot.overrides, *pending))

    def prepared(self, needs: Needs, model: PhysicsModel, variants: list[object]) -> None:
        """What was needed is there; a sleeping twin wakes."""
        self._models.hold(needs, model, variants)
        self._wake()

    def unprepared(self, needs: Needs, error: StartError) -> None:
        """What was needed can't be had; the record that needs it finds out."""
        self._models.lack(needs, error)
        self._wake()

    def _wake(self) -> None:
        snapshot, self.asleep = self.asleep, None
        if snapshot is None:
            return
        try:
            differs = self._models.differs(snapshot.genesis)
            self.fold = (
                self._carry_on(snapshot, differs) if differs else Fold.restore(snapshot, self._models.open)
            )
        except Unfoldable as reason:
            self.fold = Fold.restore(replace(snapshot, parked=str(reason)), self._models.open)
        self._let_go_if_parked()

    def _carry_on(self, snapshot: FoldSnapshot, differs: str) -> Fold:
        if self._portable is None:
            raise Unfoldable("other_build", f"{differs}; a new incarnation is asked for")
        with self._models.as_if_own(snapshot.genesis):
            fold = Fold.carry_on(snapshot, self._portable, self._models.open)
        self.bridge = Bridge(differs)
        return fold

    # The journal --------------------------------------------------------------------------------------------------

    def take(self, entry: Entry, now_ns: int) -> list[Emitted]:
        """Give the next record to the fold; whatever goes wrong parks this twin and no other."""
        offset, record, fold = entry.offset, entry.record, self.fold
        if offset <= self.taken:
            return []
        if self.asleep is not None and not isinstance(record, Poison):
            raise RuntimeError(f"twin {self.twin} is asleep and can't take offset {offset}")
        self.taken = offset
        if self.lost is not None and self.lost.skips(record):
            return []
        if isinstance(record, Poison):
            self.counts.undecodable += 1
            self.park(f"undecodable: journal offset {offset}: {record.reason}")
            return []
        epoch, was_parked = (fold.state.epoch if fold.state else None), fold.parked is not None
        self.recognition.folded(offset, entry.value)
        emitted = self._fold_one(offset, record, self._incarnation(record))
        if self.lost is not None:
            emitted = [] if entry.repeated else emitted
            self.lost = self.lost if fold.parked is not None else None
        self.behind_s = max(0.0, (now_ns - entry.appended_ns) / 1e9)
        state = fold.state
        self.counts.void += state is not None and record.epoch != state.epoch
        if isinstance(record, ObservationFrame | TwinGenesis | Resumed):
            self.heard_ns = now_ns
            if state is not None and state.offset == offset:
                self.lag_ms = (now_ns - state.time_ns) / 1e6
        if self.bridge is not None:
            emitted = self.bridge.pass_on(record, emitted)
            self.bridge = None if isinstance(record, TwinGenesis) else self.bridge
        if emitted:
            count(self.counts, emitted, entry.repeated)
        if fold.parked is not None:
            self._let_go_if_parked()
            self._settle_parked(was_parked, epoch)
        return emitted

    def _incarnation(self, record: JournalRecord) -> int:
        if isinstance(record, TwinGenesis):
            return record.incarnation
        return self.fold.state.genesis.incarnation if self.fold.state else 0

    def _fold_one(self, offset: int, record: JournalRecord, incarnation: int) -> list[Emitted]:
        fold = self.fold
        place = record_place(self.twin, incarnation, offset)
        deaths = self._crumbs.deaths(place)
        if deaths >= self._deaths_allowed and fold.parked is None:
            self.counts.crashes = deaths
            fold.park(
                f"crashed: the process died {deaths} times at journal offset {offset}; look at the scene there"
            )
            return []
        self._crumbs.mark(FOLD, place)
        began = perf_counter()
        try:
            return fold.take(offset, record)
        except Exception as error:
            log.exception("folding offset %d of twin %s", offset, self.twin)
            fold.park(f"internal: {type(error).__name__} at journal offset {offset}: {error}")
            return []
        finally:
            self._crumbs.clear(FOLD)
            seconds = perf_counter() - began
            self.spent_s += seconds
            if isinstance(record, ObservationFrame) and fold.last is not None and fold.state is not None:
                steps = fold.last.interval.steps
                self.counts.steps += steps
                self._meter.folded(fold.state.genesis.stamps.engine, steps, seconds)

    def _settle_parked(self, was_parked: bool, epoch: Epoch | None) -> None:
        """A parked twin needs nothing of what follows, apart from a change of the epoch."""
        state = self.fold.state
        if state is None:
            self.coverage.covered(self.taken)
        elif was_parked and self.parked_kept:
            if state.epoch == epoch:
                self.coverage.covered(self.taken)
            else:
                self.parked_kept = False

    def keeps_parked(self, snapshot: FoldSnapshot) -> None:
        """A checkpoint of that state was written."""
        state = self.fold.state
        self.parked_kept = snapshot.parked is not None and state is not None and state.epoch == snapshot.epoch

    def park(self, reason: str) -> None:
        """Take nothing more until a new genesis."""
        if self.asleep is not None:
            self.fold, self.asleep = (
                Fold.restore(replace(self.asleep, parked=reason), self._models.open),
                None,
            )
        elif self.fold.parked is None:
            self.fold.park(reason)
        self._let_go_if_parked()

    def _let_go_if_parked(self) -> None:
        if self.fold.parked is not None:
            self.fold.close()
            self.forget_windows()
            self._models.release()

    def sleep(self) -> None:
        """Close the engine of a stopped twin; its state is kept, and the next record wakes it."""
        if self.asleep is None and self.fold.state is not None:
            self.asleep, self._portable = self.fold.snapshot(), self.fold.portable()
            self.close()
            self.fold = Fold(self._models.open)

    def forget_windows(self) -> None:
        """No residuals of the forecasts that are under way."""
        for window in self.windows:
            window.abandon()
        self.windows.clear()

    def close(self) -> None:
        """Release engine and models."""
        self.forget_windows()
        self.fold.close()
        self._models.release()

    def trouble(self) -> Trouble | None:
        """Why it is parked."""
        return Trouble.parse(self.parked) if self.parked else None
