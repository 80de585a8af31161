"""Which records of a journal count: those of the epoch in force (journal rule 3)."""

from typing import Final, Protocol

from twin_schemas.records import Epoch, SourcesAcquired

LOST_TAIL: Final = "its journal has lost its newest records"
"""In the reason of a genesis: nothing of the incarnation before was folded since its last writer acquired the journal.
"""


class HasEpoch(Protocol):
    """Any journal record."""

    epoch: Epoch


class EpochFilter:
    """Decides in log order whether a record of one twin's journal is in force or void.

    The first `SourcesAcquired` with a higher counter wins; a record of any other epoch is void. Two writers that
    acquire with the same counter are told apart by their ids: the first in the log holds it.
    """

    def __init__(self, in_force: Epoch | None = None) -> None:
        """Begin with the epoch that a checkpoint names, or with none."""
        self.in_force = in_force

    def admits(self, record: HasEpoch) -> bool:
        """True when the record counts; an acquisition that wins changes the epoch in force."""
        held = self.in_force
        if isinstance(record, SourcesAcquired) and (held is None or record.epoch.counter > held.counter):
            self.in_force = record.epoch
            return True
        return held is not None and record.epoch == held
