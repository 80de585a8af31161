"""What becomes of a twin whose journal has lost its newest records: a new incarnation, and said so (rule 19)."""

from dataclasses import dataclass, replace

from sim_worker.domain.identity import request_id
from sim_worker.errors import WorkerError
from twin_schemas.records import Epoch, FoldSnapshot, IncarnationRequested, PortableState, TwinGenesis
from twin_sim.fold import portable_digest
from twin_sim.journal import LOST_TAIL

CODE = "lost_tail"
NOBODY = Epoch(0, "")
"""The epoch before the first: whoever acquires the journal now is newer."""


class TailLost(WorkerError, LookupError):
    """The journal isn't the one that a checkpoint was taken of, or that was read a moment ago.

    Attributes:
        twin: of the checkpoint; empty: of none.
        offset: of the checkpoint.
    """

    def __init__(self, message: str, twin: str = "", offset: int = -1) -> None:
        """Say what was found instead."""
        super().__init__(message)
        self.twin, self.offset = twin, offset


@dataclass(frozen=True, slots=True)
class LostTail:
    """The newest records of a journal are lost.

    Consumers may have seen what they led to under offsets that other records have now. So nothing more is said of the
    incarnation that they belonged to.

    Attributes:
        reason: what was found, for people.
        above: incarnations up to this one may be used up.
        state: the newest that is known of the twin; None: it begins at the scene's initial state.
    """

    reason: str
    above: int
    state: PortableState | None

    def parked(self, snapshot: FoldSnapshot) -> FoldSnapshot:
        """A state that takes nothing but the next genesis, from wherever the journal is read."""
        return replace(snapshot, offset=-1, epoch=NOBODY, pending=[], parked=f"{CODE}: {self.reason}")

    def skips(self, record: object) -> bool:
        """Whether a record begins an incarnation that is used up."""
        return isinstance(record, TwinGenesis) and record.incarnation <= self.above

    def request(self, wanted: IncarnationRequested) -> IncarnationRequested:
        """The request for the incarnation that goes on."""
        identity = request_id(
            wanted.twin, wanted.revision, wanted.stamps, f"{CODE} {self.above} {self.reason}"
        )
        wanted = replace(wanted, request_id=identity, above=self.above)
        reason = f"new incarnation: {LOST_TAIL}: {self.reason}"
        if self.state is None:
            start = "nothing to go on from, so it begins at the scene's initial state"
            return replace(wanted, reason=f"{reason}; {start}")
        # commands that wait and the place in their topic belong to what is lost
        state = replace(self.state, pending=[], commands_offset=-1)
        return replace(wanted, state=state, state_digest=portable_digest(state), reason=reason)
