"""Whether a journal is still the one that checkpoints were taken of (journal rules 17 and 19)."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from sim_worker.domain.keeping import Ends, Losses, Witness
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
        losses: what is known from outside of the broker; None: that can't be read.
    """

    end: int
    losses: Losses | None

    @property
    def above(self) -> int:
        """Incarnations up to this one were numbered in it."""
        return self.losses.above if self.losses is not None else 0

    @property
    def contradicted(self) -> bool:
        """Whether its tail is lost, whatever checkpoints say."""
        return self.losses is not None and self.losses.mark is not None

    def against(self, twin: str, incarnation: int) -> str | None:
        """Why a twin can't go on in an incarnation; None: nothing says so.

        A mark tells of a loss until that is noted for each twin, and then no more: what has begun since is sound.
        """
        if self.losses is None:
            return None
        if self.losses.mark is not None:
            return self.losses.mark.reason
        noted = self.losses.twins.get(twin)
        return noted.reason if noted is not None and incarnation <= noted.above else None

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
        """What is said outside of the broker of a partition's journal."""
        try:
            return Evidence(end, await self._witness.losses(partition))
        except TwinError as error:
            log.warning("partition %d: no mark of its journal can be read: %s", partition, error)
            return Evidence(end, None)

    async def lost(
        self, twin: str, held: Held, known: Evidence, kept: TwinRun | None, found: Found | None
    ) -> str | None:
        """Why a twin can't go on from what is known of it; None: it can."""
        newest = found.newest[0] if found and found.newest else None
        genesis = kept.genesis if kept is not None else None
        incarnation = max(newest.incarnation if newest else 0, genesis.incarnation if genesis else 0)
        if (reason := known.against(twin, incarnation)) is not None:
            return reason
        offset = max(newest.offset if newest else -1, kept.offset if kept is not None else -1)
        if newest is not None and (newest.twin, newest.offset) in self._foreign:
            return f"journal offset {newest.offset} isn't the record that was folded there"
        if offset >= known.end and offset >= (end := await self._ends.end(held.number)):
            return f"the journal ends at offset {end - 1}, offset {offset} was folded"
        return None

    async def settle(self, held: Held, wanted: Collection[str]) -> None:
        """Note which of the wanted twins still wait for a new incarnation, so that whoever comes next condemns nobody
        else.
        """
        if (known := held.losses) is None:
            held.examined = False
            return
        waiting = {}
        for twin, loss in {**known.twins, **held.condemned}.items():
            run = held.runs.get(twin)
            # until its first checkpoint in the new incarnation; one without any state waits for that, too
            if twin in wanted and (run is None or run.slots.incarnation <= loss.above):
                waiting[twin] = loss
        if known.mark is not None or waiting != known.twins:
            losses = Losses(None, waiting, known.accounted)
            try:
                await self._witness.account(held.number, losses)
            except TwinError as error:
                log.warning("partition %d: what it has lost can't be noted: %s", held.number, error)
                return
            held.losses = losses
        held.examined = bool(waiting)


def tail_of(reason: str, known: Evidence, kept: TwinRun | None, found: Found | None) -> LostTail:
    """What a twin goes on from: the newest state of it that anybody has."""
    checkpoints: tuple[CheckpointTaken, ...] = found.newest if found else ()
    above = max([known.above, *(taken.incarnation for taken in checkpoints)])
    newest = next((taken.portable for taken in checkpoints if taken.portable is not None), None)
    if kept is not None and kept.genesis is not None:
        above = max(above, kept.genesis.incarnation)
        newest = kept.carried() or newest
    return LostTail(reason, above, newest)
