"""Takes journal records to the folds of their twins, and what the folds say to the bus."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

from sim_worker.domain.ports import Address, Meter, Outlet, Workshop
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.stall import StallGuard
from sim_worker.errors import Stalled, StartError, TooLarge
from sim_worker.handlers.bridge import began
from sim_worker.handlers.entries import Entry, Poison
from sim_worker.handlers.held import Held
from sim_worker.handlers.horizons import Horizons
from sim_worker.handlers.lost import TailLost
from sim_worker.handlers.models import Needs
from sim_worker.handlers.twin import TwinRun
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import Retryable
from twin_common.slices import Slices
from twin_schemas import codec
from twin_schemas.errors import SchemaError, UnreleasedSchema
from twin_schemas.records import (
    IncarnationBegan,
    ObservationFrame,
    PredictionFrame,
    Resumed,
    SourcesAcquired,
    Stopped,
    TwinGenesis,
)
from twin_sim.fold import Emitted
from twin_sim.journal import JournalRecord

log = logging.getLogger(__name__)

_RETRY_S = 1.0
_HEAVY_S = 0.005
"""Frames of a twin that take longer wait, and are folded in slices of this length after what came for all others."""
_LONGEST_QUEUE = 2000
"""So many records of a heavy twin wait at most; before more of it is taken, one is folded."""
_LOOK_AGAIN_NS = 10_000_000_000
_JOURNAL_TYPES = frozenset(JournalRecord.__args__)

_TURNING_POINTS = (TwinGenesis, SourcesAcquired, Stopped, Resumed)
"""After these a checkpoint and a report don't wait for their turn."""

NewRun = Callable[[str], TwinRun]


class Feeder:
    """Folds records in slices of a few milliseconds, so that heartbeats and acknowledgements get their turn."""

    def __init__(
        self,
        specs: SpecBook,
        workshop: Workshop,
        outlet: Outlet,
        horizons: Horizons,
        guard: StallGuard,
        meter: Meter,
        clock: Clock,
        slices: Slices,
        new_run: NewRun,
    ) -> None:
        """Wire it; `new_run` makes the run of a twin that has none yet."""
        self._specs, self._workshop, self._outlet, self._horizons = specs, workshop, outlet, horizons
        self._guard, self._meter, self._clock, self._slices, self._new_run = (
            guard,
            meter,
            clock,
            slices,
            new_run,
        )
        self._ready: deque[tuple[Held, TwinRun]] = deque()
        self._heavy: set[str] = set()
        self._waiting: deque[tuple[Held, TwinRun]] = deque()
        self._looked_into: dict[str, int] = {}
        self._look_from_ns = 0
        self.changed: set[str] = set()
        self.strays: Counter[str] = Counter()

    async def feed(self, held: Held, record: Record) -> None:
        """Take the next record of a partition.

        Raises:
            Stalled: the process stood still meanwhile; nothing of the record was published.
            TailLost: the journal isn't the one that was read, or folded, up to now.
        """
        if record.offset < held.position:
            raise TailLost(
                f"partition {held.number} goes on at offset {record.offset} behind {held.position - 1}"
            )
        held.position = record.offset + 1
        if held.first < 0:
            held.first = record.offset
        run = self._run_of(held, record)
        if run is None:
            return
        if run.recognition.pending:
            run.recognition.compare(run.twin, record.offset, record.value, held.first)
        run.coverage.read(record.offset)
        trace = record.header("traceparent") if record.headers else None
        entry = Entry(
            record.offset,
            _decode(record.value, run.twin),
            record.timestamp_ms * 1_000_000,
            record.offset < held.end,
            trace,
            record.value,
        )
        if run.preparing or run.queue:
            if len(run.queue) >= _LONGEST_QUEUE and not run.preparing:
                await self._next(held, run)
            run.queue.append(entry)
            return
        needs = run.needs(entry.record) if entry.offset > run.taken else None
        if needs is not None:
            run.queue.append(entry)
            self.prepare(held, run, needs)
            return
        if run.twin in self._heavy:
            run.queue.append(entry)
            self._waiting.append((held, run))
            return
        await self._take(run, entry)

    def _run_of(self, held: Held, record: Record) -> TwinRun | None:
        twin = (record.key or b"").decode(errors="replace")
        run = held.runs.get(twin)
        spec = self._specs.get(twin)
        if spec is None:
            self._stray("unspecified")
            return None
        if spec.partition != held.number:
            self._stray("misplaced")
            return None
        if run is None:
            run = held.runs[twin] = self._new_run(twin)
        return run

    def _stray(self, what: str) -> None:
        self.strays[what] += 1
        self._meter.count(what)

    def prepare(self, held: Held, run: TwinRun, needs: Needs) -> None:
        """Compile what a twin needs; its records wait, those of others go on."""
        if not run.preparing:
            run.preparing = True
            held.spawn(asyncio.create_task(self._prepare(held, run, needs)))

    async def _prepare(self, held: Held, run: TwinRun, needs: Needs) -> None:
        while True:
            try:
                model = await self._workshop.build(needs.recipe)
                variants = [await self._workshop.prepare(model, o) if o else None for o in needs.overrides]
                await self._slices.between()  # many twins may be waiting for the same model
                run.prepared(needs, model, variants)
                break
            except StartError as error:
                run.unprepared(needs, error)
                break
            except Retryable as error:
                log.warning("twin %s waits for its model: %s", run.twin, error)
                await self._clock.sleep(_RETRY_S)
            except Exception as error:
                log.exception("preparing a model of twin %s", run.twin)
                run.unprepared(needs, StartError("internal", f"{type(error).__name__}: {error}"))
                break
        run.preparing = False
        self._ready.append((held, run))
        self.changed.add(run.twin)

    async def drain(self) -> None:
        """Fold what waited for models that are there now, and for one slice what waits of heavy twins."""
        while self._ready:
            held, run = self._ready.popleft()
            while _may_go_on(held, run) and run.twin not in self._heavy:
                await self._next(held, run)
            if _may_go_on(held, run):
                self._waiting.append((held, run))
        began = perf_counter()
        while self._waiting and perf_counter() - began < _HEAVY_S:
            held, run = self._waiting.popleft()
            if _may_go_on(held, run):
                await self._next(held, run)
            if _may_go_on(held, run):
                self._waiting.append((held, run))

    @property
    def behind(self) -> bool:
        """Whether records of heavy twins wait to be folded."""
        return bool(self._waiting)

    def read_up(self, held: Held) -> bool:
        """Whether no heavy twin has still to fold what lay in a partition's journal when that came."""
        return not any(of is held and run.queue and run.queue[0].repeated for of, run in self._waiting)

    async def _next(self, held: Held, run: TwinRun) -> None:
        """Fold the next record that waits, unless that needs a model."""
        entry = run.queue[0]
        needs = run.needs(entry.record) if entry.offset > run.taken else None
        if needs is not None:
            self.prepare(held, run, needs)
            return
        run.queue.popleft()
        await self._take(run, entry)

    async def _take(self, run: TwinRun, entry: Entry) -> None:
        if self._guard.stalled(self._clock.monotonic_ns()):
            raise Stalled("the process stood still for longer than its session")
        record = entry.record
        if isinstance(record, ObservationFrame):
            self._check_epoch(run, record, entry.offset)
        began_ns = self._clock.now_ns()
        spent_s = run.spent_s
        emitted = run.take(entry, began_ns)
        if isinstance(record, ObservationFrame):
            (self._heavy.add if run.spent_s - spent_s > _HEAVY_S else self._heavy.discard)(run.twin)
        trace = entry.trace
        if trace is not None and not entry.repeated:
            run.traces.follow(getattr(record, "command_id", None), trace)
        if run.traces:
            trace = run.traces.acted(run.twin, emitted, began_ns, self._clock.now_ns()) or trace
        spec = self._specs.get(run.twin)
        if spec is not None and emitted:
            await self._say(run, Address.of(spec), entry, emitted, trace)
        if spec is not None and isinstance(record, TwinGenesis) and run.offset == entry.offset:
            await self._begun(run, Address.of(spec), began(record, entry.offset))
        if isinstance(record, _TURNING_POINTS) or (run.parked is not None and not run.parked_kept):
            self.changed.add(run.twin)
        await self._slices.between()

    async def _begun(self, run: TwinRun, to: Address, event: IncarnationBegan) -> None:
        try:
            with suppress(UnreleasedSchema):  # a build that doesn't know it yet still reads
                run.acks["event"] = await self._outlet.began(to, event)
        except TooLarge as error:
            run.park(f"internal: that incarnation {event.incarnation} began can't be written: {error}")

    def _check_epoch(self, run: TwinRun, frame: ObservationFrame, offset: int) -> None:
        """A writer that nobody saw acquire the journal did so in a part that was passed over.

        Raises:
            TailLost: the journal was set back while it was read, perhaps: anybody can write such a frame. Looked into
                once for each epoch, and not again soon, for all that is held is read anew for it.
        """
        state, counter = run.fold.state, frame.epoch.counter
        if state is None or run.lost is not None or counter <= state.epoch.counter:
            return
        now_ns = self._clock.monotonic_ns()
        if self._looked_into.get(run.twin, -1) < counter and now_ns >= self._look_from_ns:
            self._looked_into[run.twin] = counter
            self._look_from_ns = now_ns + _LOOK_AGAIN_NS
            raise TailLost(f"nobody acquired epoch {counter}, of which twin {run.twin} has offset {offset}")

    async def _say(
        self, run: TwinRun, to: Address, entry: Entry, emitted: list[Emitted], trace: bytes | None
    ) -> None:
        try:
            for said in emitted:
                if isinstance(said, PredictionFrame):
                    run.acks["prediction"] = await self._outlet.prediction(to, said, trace)
                else:
                    run.acks["event"] = await self._outlet.command_event(to, said)
        except (SchemaError, TooLarge) as error:
            run.park(f"internal: what journal offset {entry.offset} led to can't be written: {error}")
            return
        if isinstance(entry.record, ObservationFrame):
            self._horizons.observe(run, to, entry.record)


def _may_go_on(held: Held, run: TwinRun) -> bool:
    return bool(run.queue) and not run.preparing and not held.lost


def _decode(value: bytes | None, twin: str) -> JournalRecord | Poison:
    if value is None:
        return Poison("it is a tombstone")
    try:
        record = codec.decode(value)
    except SchemaError as error:
        return Poison(str(error))
    if type(record) not in _JOURNAL_TYPES:
        return Poison(f"{type(record).__name__} is no journal record")
    if isinstance(record, TwinGenesis) and record.twin != twin:
        return Poison(f"it is the genesis of twin {record.twin}")
    return record  # type: ignore[return-value]
