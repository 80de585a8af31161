"""Takes partitions over and gives them up (journal rules 17 and 24)."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from sim_worker.domain.keeping import Contradiction
from sim_worker.domain.ports import Breadcrumbs, Meter, Outlet, Shelf
from sim_worker.domain.resume import from_metadata, restart_point, to_metadata
from sim_worker.domain.slots import CheckpointKey, Found, SlotTurn, arrange
from sim_worker.domain.specs import SpecBook
from sim_worker.errors import CheckpointUnusable
from sim_worker.handlers.checkpoints import Checkpoints
from sim_worker.handlers.feeding import Feeder, NewRun
from sim_worker.handlers.following import SpecFollower
from sim_worker.handlers.held import Held
from sim_worker.handlers.lost import LostTail, TailLost
from sim_worker.handlers.twin import TwinRun
from sim_worker.handlers.witness import Evidence, Examiner, tail_of
from twin_common.bus.api import Consumer
from twin_common.bus.types import Offset, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import CommitFenced, Retryable, TwinError
from twin_common.slices import Slices
from twin_schemas.records import CheckpointTaken, FoldSnapshot

log = logging.getLogger(__name__)

_Shelves = Mapping[int, list[tuple[CheckpointKey, CheckpointTaken | None]]]

_KEEP_S = 60.0
_RETRY_S = 1.0
_SETTLE = "settle"


class Partitions:
    """The partitions of this worker, by number.

    Attributes:
        held: those it holds now.
    """

    def __init__(
        self,
        specs: SpecBook,
        follower: SpecFollower,
        shelf: Shelf,
        crumbs: Breadcrumbs,
        feeder: Feeder,
        checkpoints: Checkpoints,
        outlet: Outlet,
        examiner: Examiner,
        meter: Meter,
        clock: Clock,
        slices: Slices,
        new_run: NewRun,
        stalled: Callable[[], bool],
        gone: Callable[[str], None],
    ) -> None:
        """`stalled` says whether what is known may be out of date; `gone` hears of each twin given up."""
        self.held: dict[int, Held] = {}
        self._kept: dict[int, tuple[int, Held]] = {}
        self._specs, self._follower, self._shelf, self._feeder = specs, follower, shelf, feeder
        self._crumbs, self._meter, self._examiner = crumbs, meter, examiner
        self._checkpoints, self._outlet, self._clock, self._new_run = checkpoints, outlet, clock, new_run
        self._stalled, self._gone, self._slices = stalled, gone, slices
        self._opened: list[tuple[Held, int]] = []

    # Hooks of the consumer ------------------------------------------------------------------------------------------

    async def assigned(self, consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        """Partitions came: nothing is read of them until their checkpoints are known."""
        consumer.pause(*tps)
        self._meter.rebalanced(len(tps))
        self._crumbs.look()  # the owner before may have crashed on one of their records
        ends = await consumer.end_offsets(tps)
        known = asyncio.create_task(self._read_up({tp.partition for tp in tps}))
        for tp in tps:
            stored = await consumer.committed(tp)
            _, before = self._kept.pop(tp.partition, (0, None))
            held = self.held[tp.partition] = Held(tp, kept=before.runs if before else {}, end=ends[tp])
            evidence = asyncio.create_task(self._examiner.evidence(held.number, held.end))
            held.spawn(known)
            held.spawn(evidence)
            held.spawn(asyncio.create_task(self._open(held, stored, known, evidence)))

    async def revoked(self, consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        """Partitions go: their twins are checkpointed, and kept for a while in case they come back."""
        gone = [held for tp in tps if (held := self.held.pop(tp.partition, None)) is not None]
        self._meter.rebalanced(len(gone))
        stalled = self._stalled()
        for held in gone:
            if not stalled and held.reading:
                await self._checkpoints.flush(held)
        if not stalled:
            await self._commit(consumer, gone)
        for held in gone:
            for spec in self._specs.on_partition(held.number):
                self._gone(spec.twin)
            self._keep(held)

    def put_aside(self) -> None:
        """Hold nothing any more, and keep it all for a while: another worker may have gone on with it meanwhile."""
        for held in self.held.values():
            self._keep(held)
        self.held.clear()
        self._opened.clear()

    def _keep(self, held: Held) -> None:
        held.lose()
        self._kept[held.number] = (self._clock.monotonic_ns(), held)

    def discard(self) -> None:
        """Forget every state in memory: the checkpoints are what counts now."""
        for _, kept in self._kept.values():
            kept.close()
        self._kept.clear()
        for held in self.held.values():
            held.lose()
            held.close()
        self.held.clear()
        self._opened.clear()

    # Taking over ----------------------------------------------------------------------------------------------------

    async def _read_up(self, partitions: set[int]) -> _Shelves:
        """What should run, and the checkpoints of these partitions, both as they are after the assignment."""
        while True:
            try:
                _, shelves = await asyncio.gather(self._follower.catch_up(), self._shelf.read(partitions))
            except TwinError as error:
                log.warning("taking over partitions: %s", error)
                await self._clock.sleep(_RETRY_S)
            else:
                return shelves

    async def _open(
        self,
        held: Held,
        stored: Offset | None,
        known: "asyncio.Task[_Shelves]",
        examined: "asyncio.Task[Evidence]",
    ) -> None:
        found = arrange((await known)[held.number])
        evidence = await examined
        held.above, held.losses, anew = evidence.above, evidence.losses, evidence.contradicted
        held.examined = anew or (held.losses is not None and bool(held.losses.twins))
        points: list[int] = []
        uncovered = False
        for spec in self._specs.on_partition(held.number):
            await self._slices.between()
            checkpoints = found.pop(spec.twin, None)
            mine = held.kept.get(spec.twin)
            reason = await self._examiner.lost(spec.twin, held, evidence, mine, checkpoints)
            if reason is None:
                run = await self._run(spec.twin, mine, checkpoints)
            else:
                tail = tail_of(reason, evidence, mine, checkpoints)
                held.condemned[spec.twin] = Contradiction(reason, tail.above)
                run = await self._without_tail(spec.twin, tail, mine, checkpoints)
                held.examined = anew = True
            held.kept.pop(spec.twin, None)
            if run is None:
                uncovered = True
                continue
            held.runs[spec.twin] = run
            run.heard_ns = self._clock.now_ns()
            if run.folding:
                # the record there is read again, to see that it is still the same
                points.append(run.taken - 1 if run.recognition.pending else run.taken)
            elif (needed := run.coverage.needed) is not None:
                points.append(needed - 1)  # it was read, and no checkpoint tells of it
            if (needs := run.wake_needs()) is not None and run.folding:
                self._feeder.prepare(held, run, needs)
        for run in held.kept.values():
            run.close()
        held.kept.clear()
        await self._forget(held, found)
        start = restart_point(points, from_metadata(stored.metadata) if stored else None, uncovered)
        self._opened.append((held, min(start, evidence.start) if anew else start))

    async def _run(self, twin: str, kept: TwinRun | None, found: Found | None) -> TwinRun | None:
        """The twin as memory or checkpoints know it, whichever is newer; None when neither does."""
        for checkpoint in found.newest if found else ():
            if (
                kept is not None
                and kept.genesis is not None
                and _age(kept) >= (checkpoint.incarnation, checkpoint.offset)
            ):
                break
            try:
                snapshot = await self._snapshot(checkpoint)
            except CheckpointUnusable as error:
                log.error("twin %s: %s; going on from the one before", twin, error)
                continue
            if kept is not None:
                kept.close()
            run = self._new_run(twin)
            run.slots = SlotTurn(checkpoint)
            run.keys = set(found.keys) if found else set()
            run.blobs.extend(old.blob for old in reversed(found.newest if found else ()) if old.blob)
            run.restore(snapshot, checkpoint.portable)
            run.recognition.expect(checkpoint.offset, checkpoint.journal_digest)
            return run
        if kept is not None:
            kept.tidied = False  # somebody else may have had it meanwhile
            kept.recognition.expect_again()
        return kept

    async def _without_tail(
        self, twin: str, lost: LostTail, kept: TwinRun | None, found: Found | None
    ) -> TwinRun | None:
        """A twin that waits for a new incarnation, because what is known of it is of a journal that is lost."""
        log.error("twin %s: its journal has lost its newest records: %s", twin, lost.reason)
        self._meter.lost_tail()
        snapshot = kept.snapshot() if kept is not None else None
        for checkpoint in found.newest if found else ():
            if snapshot is None:
                with suppress(CheckpointUnusable):
                    snapshot = await self._snapshot(checkpoint)
        if kept is not None:
            kept.close()
        if snapshot is None:
            return None
        run = self._new_run(twin)
        if found is not None and found.newest:
            run.slots, run.keys = SlotTurn(found.newest[0]), set(found.keys)
            run.blobs.extend(old.blob for old in reversed(found.newest) if old.blob)
        run.lose_tail(snapshot, lost)
        return run

    def distrust(self, lost: TailLost) -> None:
        """A journal isn't the one that was folded: what is known of it isn't gone on from."""
        if lost.twin:
            self._examiner.distrust(lost.twin, lost.offset)

    def settle(self) -> None:
        """Note which twins wait for a new incarnation, so that marks of journals that are lost can be forgotten."""
        for held in self.held.values():
            if held.examined and held.reading and not any(t.get_name() == _SETTLE for t in held.tasks):
                wanted = {spec.twin for spec in self._specs.on_partition(held.number)}
                held.spawn(asyncio.create_task(self._examiner.settle(held, wanted), name=_SETTLE))

    async def _snapshot(self, checkpoint: CheckpointTaken) -> FoldSnapshot:
        while True:
            try:
                return await self._shelf.snapshot(checkpoint)
            except Retryable as error:
                log.warning("reading a checkpoint of twin %s: %s", checkpoint.twin, error)
                await self._clock.sleep(_RETRY_S)

    async def _forget(self, held: Held, orphans: dict[str, Found]) -> None:
        """Remove what is left of twins that were deleted while nobody looked."""
        for twin, left in orphans.items():
            if self._specs.get(twin) is None:
                await self._checkpoints.erase(held, twin, left.keys, (old.blob for old in left.newest))
                await self._outlet.forget_status(twin)

    def begin_reading(self, consumer: Consumer) -> None:
        """Start to read partitions whose checkpoints are known now; call between two polls."""
        opened, self._opened = self._opened, []
        for held, start in opened:
            if held.lost:
                continue
            held.position = start
            consumer.seek(held.tp, start)
            consumer.resume(held.tp)
            held.reading = True
            log.info("partition %d: reading from %d to %d", held.number, start, held.end)

    async def notice_caught_up(self, consumer: Consumer) -> list[Held]:
        """Partitions that have been read to the end that they had when they came."""
        reached = []
        for held in self.held.values():
            if held.reading and not held.caught_up and await consumer.position(held.tp) >= held.end:
                held.caught_up = self._feeder.read_up(held)
                if held.caught_up:
                    reached.append(held)
        return reached

    # Progress -------------------------------------------------------------------------------------------------------

    async def commit(self, consumer: Consumer) -> None:
        """Store how far the partitions are read, and from where a new owner must begin."""
        await self._commit(consumer, self.held.values())

    async def _commit(self, consumer: Consumer, partitions: Iterable[Held]) -> None:
        due = {}
        for held in partitions:
            progress = (held.position, held.resume)
            if held.reading and held.committed != progress:
                due[held.tp] = Offset(held.position, to_metadata(held.resume))
                held.committed = progress
        if due:
            try:
                await consumer.commit(due)
            except CommitFenced as error:
                log.info("%s", error)

    def release_kept(self) -> None:
        """Let go of partitions that didn't come back."""
        limit = self._clock.monotonic_ns() - int(_KEEP_S * 1e9)
        for number, (since, held) in list(self._kept.items()):
            if since < limit:
                held.close()
                del self._kept[number]


def _age(run: TwinRun) -> tuple[int, int]:
    genesis = run.genesis
    return (genesis.incarnation if genesis else 0, run.offset)
