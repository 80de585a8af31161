"""Checkpoints: taken between two records, written when everything said before them is acknowledged (rule 17)."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from sim_worker.domain.ports import Ack, Meter, Outlet
from sim_worker.domain.schedule import Staggered
from sim_worker.domain.slots import SLOTS, CheckpointKey
from sim_worker.handlers.held import Held
from sim_worker.handlers.keyframes import Keyframes
from sim_worker.handlers.twin import TwinRun
from twin_common.blobs.api import BlobFolders
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.slices import Slices
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import CheckpointTaken, FoldSnapshot, PortableState

log = logging.getLogger(__name__)

_KEPT_BLOBS = 8
"""Blobs of a twin's newest checkpoints that are kept: whoever takes over begins at one of the last two, and may take
a while to read them.
"""

_SURELY_SMALL = 200
"""So many joints and bodies are far from too big for a record."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A state that waits to be written."""

    key: CheckpointKey
    snapshot: FoldSnapshot
    portable: PortableState | None
    encoded: bytes
    covers: int
    acks: tuple[Ack, ...]
    journal_digest: str | None


class Checkpoints:
    """Keeps the checkpoints of all twins on this worker."""

    def __init__(
        self,
        outlet: Outlet,
        blobs: BlobFolders,
        keyframes: Keyframes,
        meter: Meter,
        clock: Clock,
        slices: Slices,
        period_ns: int,
        inline_bytes: int,
    ) -> None:
        """Every `period_ns` a twin; states up to `inline_bytes` go into the record itself."""
        self._outlet, self._blobs, self._meter, self._clock = outlet, blobs, meter, clock
        self._keyframes, self._slices = keyframes, slices
        self._inline_bytes = inline_bytes
        self._schedule = Staggered(period_ns)

    def at_once(self, twin: str) -> None:
        """Don't wait for the twin's turn."""
        self._schedule.at_once(twin)

    def forget(self, twin: str) -> None:
        """The twin has gone."""
        self._schedule.forget(twin)
        self._keyframes.forget(twin)

    async def collect(self, partitions: Iterable[Held]) -> None:
        """Begin the checkpoints that are due; call between two records."""
        now = self._clock.monotonic_ns()
        for held in partitions:
            if not held.reading:
                continue
            for run in list(held.runs.values()):
                if run.checkpointable and not run.saving and self._schedule.due(run.twin, now):
                    await self._slices.between()
                    self._begin(held, run)

    async def flush(self, held: Held) -> None:
        """Write the last checkpoint of every twin of a partition that is given up."""
        await self._settle(held)
        for run in list(held.runs.values()):
            if run.checkpointable:
                await self._slices.between()
                self._begin(held, run)
        await self._settle(held)

    async def _settle(self, held: Held) -> None:
        if saving := [task for task in held.tasks if task.get_name() == "checkpoint"]:
            await asyncio.wait(saving)

    def _begin(self, held: Held, run: TwinRun) -> None:
        snapshot = run.snapshot()
        if snapshot is None:
            return
        incarnation = snapshot.genesis.incarnation
        key = CheckpointKey(run.twin, incarnation, run.slots.next(incarnation))
        try:
            encoded = codec.encode(snapshot)
        except SchemaError as error:
            run.park(f"internal: the state after journal offset {snapshot.offset} can't be written: {error}")
            return
        prepared = _Prepared(
            key,
            snapshot,
            self._small(run.carried()),
            encoded,
            run.taken,
            tuple(run.acks.values()),
            run.recognition.digest_at(snapshot.offset),
        )
        run.saving = True
        held.spawn(asyncio.create_task(self._save(held, run, prepared), name="checkpoint"))

    def _small(self, portable: PortableState | None) -> PortableState | None:
        """A portable state that a record can carry; without one, another build begins at the initial state."""
        if portable is None or len(portable.values) < _SURELY_SMALL:
            return portable
        return portable if len(codec.encode(portable)) <= self._inline_bytes else None

    async def _save(self, held: Held, run: TwinRun, prepared: _Prepared) -> None:
        try:
            for ack in prepared.acks:
                await ack
            await self._slices.between()
            await self._write(held, run, prepared)
        except (TwinError, OSError) as error:
            # The next one is due soon; what it covers is folded again if this worker dies before.
            log.warning(
                "checkpoint of twin %s at offset %d not written: %s", run.twin, prepared.covers, error
            )
        finally:
            run.saving = False

    async def _write(self, held: Held, run: TwinRun, prepared: _Prepared) -> None:
        key, snapshot = prepared.key, prepared.snapshot
        record = CheckpointTaken(
            org=snapshot.genesis.org,
            twin=key.twin,
            incarnation=key.incarnation,
            slot=key.slot,
            offset=snapshot.offset,
            tick=snapshot.tick,
            digest=sha256(prepared.encoded).hexdigest(),
            journal_digest=prepared.journal_digest,
            portable=prepared.portable,
        )
        if len(prepared.encoded) <= self._inline_bytes:
            record.snapshot = snapshot
        else:
            record.blob = await self._blobs.within(key.twin).put(prepared.encoded)
        if held.lost or run.buried:
            await self._delete(key.twin, [record.blob] if record.blob and run.buried else [])
            return
        await self._outlet.checkpoint(held.number, key, codec.encode(record))
        await self._outdated(run, record.blob)
        self._meter.checkpoint(snapshot.genesis.name, len(prepared.encoded))
        self._keyframes.offer(held, snapshot, prepared.encoded, record.digest)
        run.slots.wrote(key.incarnation, key.slot)
        run.keys.add(key)
        run.coverage.covered(prepared.covers)
        run.checkpoint_offset = snapshot.offset
        run.keeps_parked(snapshot)
        await self._drop(held, run, [old for old in run.keys if old.incarnation < key.incarnation])
        if run.stopped and not run.coverage.dirty and not run.preparing and run.parked is None:
            run.sleep()

    async def _drop(self, held: Held, run: TwinRun, keys: Iterable[CheckpointKey]) -> None:
        for key in keys:
            await self._outlet.checkpoint(held.number, key, None)
            run.keys.discard(key)

    async def _outdated(self, run: TwinRun, newest: str | None) -> None:
        """Delete the blobs of checkpoints so old that nobody can be about to read them, those of other workers, too."""
        if newest is not None:
            run.blobs.append(newest)
        outdated = []
        while len(run.blobs) > _KEPT_BLOBS:
            outdated.append(run.blobs.popleft())
        if run.blobs and not run.tidied:
            outdated += await self._left(run.twin)
            run.tidied = True
        await self._delete(run.twin, [digest for digest in outdated if digest not in run.blobs])

    async def _left(self, twin: str) -> list[str]:
        """Everything that lies in a twin's folder."""
        try:
            return await self._blobs.within(twin).digests()
        except TwinError as error:
            log.warning("checkpoint blobs of twin %s can't be listed: %s", twin, error)
            return []

    async def bury(self, held: Held, run: TwinRun) -> None:
        """Remove every checkpoint of a twin that has gone, one on its way included."""
        run.buried = True
        genesis = run.genesis
        run.close()
        keys = set(run.keys)
        if genesis is not None:
            keys |= {CheckpointKey(run.twin, genesis.incarnation, slot) for slot in range(SLOTS)}
        await self.erase(held, run.twin, sorted(keys), run.blobs)

    async def erase(
        self, held: Held, twin: str, keys: Iterable[CheckpointKey], blobs: Iterable[str | None] = ()
    ) -> None:
        """Remove checkpoints of a twin that has gone; the blobs that they name and all others of the twin go soon:
        nobody waits for object storage.
        """
        named = [blob for blob in blobs if blob is not None]
        for key in keys:
            await self._outlet.checkpoint(held.number, key, None)
        held.spawn(asyncio.create_task(self._clear(twin, named), name="clear"))

    async def _clear(self, twin: str, named: Iterable[str]) -> None:
        await self._keyframes.erase(twin)
        await self._delete(twin, dict.fromkeys([*named, *await self._left(twin)]))

    async def _delete(self, twin: str, blobs: Iterable[str]) -> None:
        for digest in blobs:
            try:
                await self._blobs.within(twin).delete(digest)
                await self._blobs.delete(digest)  # from before twins had folders
            except TwinError as error:
                log.warning("checkpoint blob %s not deleted: %s", digest, error)
