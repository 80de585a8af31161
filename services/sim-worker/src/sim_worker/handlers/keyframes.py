"""Now and then one of a twin's checkpoints is kept, so that any past moment is near one (journal rule 18)."""

import asyncio
import logging

from sim_worker.domain.keeping import KeyframeShelf
from sim_worker.domain.ports import Meter
from sim_worker.domain.schedule import Staggered
from sim_worker.handlers.held import Held
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_schemas.errors import UnreleasedSchema
from twin_schemas.records import FoldSnapshot, KeyframeTaken

log = logging.getLogger(__name__)


class Keyframes:
    """Keeps a state of each running twin every so often; a checkpoint is written whether that works or not."""

    def __init__(self, shelf: KeyframeShelf, meter: Meter, clock: Clock, period_ns: int) -> None:
        """Every `period_ns` a twin."""
        self._shelf, self._meter, self._clock = shelf, meter, clock
        self._schedule = Staggered(period_ns)
        self._begun: set[tuple[str, int]] = set()

    def offer(self, held: Held, snapshot: FoldSnapshot, encoded: bytes, digest: str) -> None:
        """A checkpoint was written: keep its state as well if it is the twin's turn, or its incarnation's first."""
        twin, incarnation = snapshot.genesis.twin, snapshot.genesis.incarnation
        due = self._schedule.due(twin, self._clock.monotonic_ns())
        if not due and (twin, incarnation) in self._begun:
            return
        self._begun.add((twin, incarnation))
        record = KeyframeTaken(
            org=snapshot.genesis.org,
            twin=twin,
            incarnation=incarnation,
            offset=snapshot.offset,
            tick=snapshot.tick,
            time_ns=snapshot.time_ns,
            digest=digest,
            size=len(encoded),
        )
        held.spawn(
            asyncio.create_task(self._keep(held, snapshot.genesis.name, record, encoded), name="keyframe")
        )

    async def _keep(self, held: Held, name: str, record: KeyframeTaken, encoded: bytes) -> None:
        try:
            await self._shelf.keep(held.number, record, encoded)
        except (TwinError, UnreleasedSchema) as error:
            # the next one comes in its time; until then a past moment takes longer to reach
            self._schedule.at_once(record.twin)
            log.warning("keyframe of twin %s at offset %d not kept: %s", record.twin, record.offset, error)
        else:
            self._meter.keyframe(name)

    async def erase(self, twin: str) -> None:
        """A twin has gone: nothing is left of it."""
        self.forget(twin)
        try:
            await self._shelf.erase(twin)
        except TwinError as error:
            log.warning("keyframes of twin %s not deleted: %s", twin, error)

    def forget(self, twin: str) -> None:
        """A twin isn't this worker's any more."""
        self._schedule.forget(twin)
        self._begun = {key for key in self._begun if key[0] != twin}
