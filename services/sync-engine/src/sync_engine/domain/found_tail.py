"""What reading one twin's journal has brought (journal rule 2)."""

from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_sim.journal import JournalRecord, JournalTail


class FoundTail:
    """What reading one twin's journal to its end has brought.

    Attributes:
        tail: the end of it.
        seen: command ids in what was read, oldest first.
        unreadable: what was wrong with the last record that couldn't be read; None: all could.
    """

    def __init__(self, tail: JournalTail) -> None:
        """Begin with a checkpoint's tail or an empty one."""
        self.tail = tail
        self.seen: list[str] = []
        self.unreadable: str | None = None

    def take(self, offset: int, value: bytes) -> bool:
        """Take the next record's bytes; False when it is void or can't be read, which is noted."""
        try:
            record = codec.decode(value)
        except SchemaError as error:
            self.unreadable = f"journal offset {offset}: {error}"
            return False
        if not isinstance(record, JournalRecord):
            self.unreadable = f"journal offset {offset} holds a {type(record).__name__}"
            return False
        return self.observe(offset, record)

    def observe(self, offset: int, record: JournalRecord) -> bool:
        """Take the next record; False when it is void."""
        admitted = self.tail.observe(offset, record)
        command_id = getattr(record, "command_id", None)
        if admitted and command_id is not None:
            self.seen.append(command_id)
        return admitted
