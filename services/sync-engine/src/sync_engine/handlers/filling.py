"""When a range of a journal partition is written to object storage, and how near the broker is to removing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twin_common.archive.marks import Mark, digest_of_value
from twin_common.bus.types import Record

_OVERHEAD = 100
"""Bytes of a record beside key and value, roughly."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an installation has chosen.

    Attributes:
        after_ms: age of the oldest record at which a range is sealed.
        size: bytes at which it is sealed without waiting for that.
        kept_ms, kept_bytes: what the broker keeps of a partition.
    """

    after_ms: int
    size: int
    kept_ms: int
    kept_bytes: int


@dataclass(slots=True)
class Filling:
    """The range of a partition that is next to be sealed.

    Attributes:
        first: where it begins: behind what is sealed.
        behind: the record in front of it, which is sealed; None: none is.
        records: what was read of it.
        size: their bytes.
        examined: what was noted of the partition outside of the broker has been compared with its journal.
        marked: the offset that was last noted there, by whomever; -1: none.
        newest: the last record that was read; None: none yet.
        incarnation: the highest that was numbered in the partition's journals.
        contradicted: the journal isn't the one that was marked; the mark stays until a worker has seen that and removes
            it.
    """

    first: int
    records: list[Record] = field(default_factory=list)
    size: int = 0
    behind: Mark | None = None
    examined: bool = False
    marked: int = -1
    newest: Record | None = None
    incarnation: int = 0
    contradicted: bool = False

    @property
    def next(self) -> int:
        """The offset that is to be read next."""
        return self.records[-1].offset + 1 if self.records else self.first

    def take(self, record: Record) -> None:
        """Take the next record; one that was taken before changes nothing."""
        if record.offset >= self.next:
            if not self.records:
                self.first = record.offset  # what would lie between was removed before anybody read it
            self.records.append(record)
            self.size += _size(record)
            self.newest = record

    def full(self, bounds: Bounds) -> bool:
        """Whether nothing more should be read before it is sealed."""
        return self.size >= bounds.size

    def due(self, bounds: Bounds, now_ms: int) -> list[list[Record]]:
        """The ranges that are to be sealed now, one behind the other: each no longer than makes it full, so that it is
        the same however it was read, and with nothing behind a gap.
        """
        found: list[list[Record]] = []
        begin, left = 0, self.size
        while begin < len(self.records):
            if left < bounds.size and now_ms - self.records[begin].timestamp_ms < bounds.after_ms:
                break
            records, size = self._range(begin, bounds)
            found.append(records)
            begin, left = begin + len(records), left - size
        return found

    def _range(self, begin: int, bounds: Bounds) -> tuple[list[Record], int]:
        """A range that begins at so manieth record, and its size."""
        size = 0
        for number in range(begin, len(self.records)):
            record = self.records[number]
            size += _size(record)
            gap = number + 1 < len(self.records) and self.records[number + 1].offset > record.offset + 1
            if gap or size >= bounds.size:
                return self.records[begin : number + 1], size
        return self.records[begin:], size

    def sealed(self, records: Sequence[Record]) -> None:
        """These are in object storage; the next range begins behind them."""
        last = records[-1]
        self.first = last.offset + 1
        self.behind = Mark(0, last.offset, digest_of_value(last.value))
        del self.records[: len(records)]
        if self.records:
            self.first = self.records[0].offset
        self.size -= sum(map(_size, records))

    def used(self, bounds: Bounds, now_ms: int, end: int) -> float:
        """Share of the broker's retention, by time or bytes, that the oldest unsealed record has used up."""
        if not self.records:
            return 0.0
        age = now_ms - self.records[0].timestamp_ms
        waiting = (end - self.first) * self.size / len(self.records)
        return max(0.0, age / bounds.kept_ms, waiting / bounds.kept_bytes)


def _size(record: Record) -> int:
    return _OVERHEAD + len(record.key or b"") + len(record.value or b"")
