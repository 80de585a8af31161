"""A record of a twin's journal on its way to the fold."""

from dataclasses import dataclass

from twin_sim.journal import JournalRecord


@dataclass(frozen=True, slots=True)
class Poison:
    """A journal record that can't be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of a twin's journal.

    Attributes:
        appended_ns: the broker's append time.
        repeated: it was in the journal already when this worker took the partition over.
        trace: W3C trace context of a sampled record.
        value: its bytes.
    """

    offset: int
    record: JournalRecord | Poison
    appended_ns: int
    repeated: bool
    trace: bytes | None = None
    value: bytes | None = None
