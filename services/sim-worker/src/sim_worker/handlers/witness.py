"""Whether a journal is still the one that checkpoints were taken of (journal rules 17 and 19)."""

import logging
from dataclasses import dataclass

from sim_worker.domain.keeping import Ends, Witness
from sim_worker.domain.slots import Found
from sim_worker.handlers.held import Held
from sim_worker.handlers.lost import LostTail
from sim_worker.handlers.twin import TwinRun
from twin_common.errors import TwinError
from twin_schemas.records import CheckpointTaken

log = logging.getLogger(__name__)

_READ_ANEW = 200_000
"""Records from the end of a journal with a lost tail that are read for who its writer is."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a partition's journal when it is taken over.

    Attributes:
        end: the offset behind its newest record.
        lost: why its tail is lost, whatever its checkpoints say; None: nothing says so.
        above: incarnations up to this one were numbered in it.
    """

    end: int
    lost: str | None
    above: int

    @property
    def start(self) -> int:
        """Where to read from when its tail is lost."""
        return max(0, self.end - _READ_ANEW)


class Examiner:
    """Compares checkpoints and marks with the journal as it is."""

    def __init__(self, ends: Ends, witness: Witness) -> None:
        """Ask these."""
        self._ends, self._witness = ends, witness
        self._foreign: set[tuple[str, int]] = set()

    def distrust(self, twin: str, offset: int) -> None:
        """A checkpoint was found to be of another journal."""
        self._foreign.add((twin, offset))

    async def evidence(self, partition: int, end: int) -> Evidence:
        """What a mark outside of the broker says of a partition's journal."""
        try:
            lost = await self._witness.contradiction(partition)
        except TwinError as error:
            log.warning("partition %d: no mark of its journal can be read: %s", partition, error)
            lost = None
        if lost is None:
            return Evidence(end, None, 0)
        return Evidence(end, lost.reason, lost.above)

    async def lost(
        self, held: Held, known: Evidence, kept: TwinRun | None, found: Found | None
    ) -> str | None:
        """Why a twin can't go on from what is known of it; None: it can."""
        if known.lost is not None:
            return known.lost
        newest = found.newest[0] if found and found.newest else None
        offset = max(newest.offset if newest else -1, kept.offset if kept is not None else -1)
        if newest is not None and (newest.twin, newest.offset) in self._foreign:
            return f"journal offset {newest.offset} isn't the record that was folded there"
        if offset >= known.end and offset >= (end := await self._ends.end(held.number)):
            return f"the journal ends at offset {end - 1}, offset {offset} was folded"
        return None

    async def settled(self, partition: int) -> None:
        """Every twin of a partition goes on: what contradicted its journal is of no use any more."""
        try:
            await self._witness.forget(partition)
        except TwinError as error:
            log.warning("partition %d: its outdated mark can't be removed: %s", partition, error)


def tail_of(reason: str, known: Evidence, kept: TwinRun | None, found: Found | None) -> LostTail:
    """What a twin goes on from: the newest state of it that anybody has."""
    checkpoints: tuple[CheckpointTaken, ...] = found.newest if found else ()
    above = max([known.above, *(taken.incarnation for taken in checkpoints)])
    newest = next((taken.portable for taken in checkpoints if taken.portable is not None), None)
    if kept is not None and kept.genesis is not None:
        above = max(above, kept.genesis.incarnation)
        newest = kept.carried() or newest
    return LostTail(reason, above, newest)
