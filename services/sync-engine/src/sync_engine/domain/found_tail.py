"""What reading one twin's journal has brought (journal rule 2)."""

from contextlib import suppress
from typing import Final, get_args

from sync_engine.domain.early import FramedReadings
from sync_engine.domain.kinds import Kinds
from sync_engine.domain.taken import Kept
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import ObservationFrame, SourcesAcquired, TwinGenesis
from twin_sim.journal import JournalRecord, JournalTail

_RECALLED: Final = Kinds(SourcesAcquired, *get_args(Kept))


class FoundTail:
    """What reading one twin's journal to its end has brought.

    Attributes:
        tail: the end of it.
        taken: what of commands was read, oldest first.
        framed: the newest readings.
        unreadable: what was wrong with the last record that couldn't be read; None: all could.
    """

    def __init__(self, twin: str, tail: JournalTail) -> None:
        """Begin with a checkpoint's tail or an empty one."""
        self._twin, self.tail = twin, tail
        self.taken: list[Kept] = []
        self.framed = FramedReadings()
        self.unreadable: str | None = None
        self._recalled_epoch = 0

    def take(self, offset: int, value: bytes) -> bool:
        """Take the next record's bytes; False when it is void or can't be read, which is noted.

        Of one that the checkpoint covers already, only what it says of commands is kept.
        """
        if offset <= self.tail.offset:
            self.recall(value)
            return False
        try:
            record = codec.decode(value)
        except SchemaError as error:
            self.unreadable = f"journal offset {offset}: {error}"
            return False
        if not isinstance(record, JournalRecord):
            self.unreadable = f"journal offset {offset} holds a {type(record).__name__}"
            return False
        if isinstance(record, TwinGenesis) and record.twin != self._twin:
            self.unreadable = f"journal offset {offset} is the genesis of twin {record.twin}"
            return False
        return self.observe(offset, record)

    def observe(self, offset: int, record: JournalRecord) -> bool:
        """Take the next record; False when it is void."""
        admitted = self.tail.observe(offset, record)
        if admitted and isinstance(record, ObservationFrame):
            self.framed.note(record)
        elif admitted and isinstance(record, Kept):
            self.taken.append(record)
        return admitted

    def recall(self, value: bytes) -> None:
        """Take only what the next record says of commands; it may be void by an epoch that wasn't read."""
        if not _RECALLED.has(value):
            return
        with suppress(SchemaError):
            record = codec.decode(value)
            if isinstance(record, SourcesAcquired | Kept) and record.epoch.counter >= self._recalled_epoch:
                self._recalled_epoch = record.epoch.counter
                if isinstance(record, Kept):
                    self.taken.append(record)
