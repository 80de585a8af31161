"""One partition: an append-only list of records whose offsets may have gaps after compaction."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from twin_common.bus.types import Headers, Record

_offset = attrgetter("offset")
_timestamp = attrgetter("timestamp_ms")


class Log:
    """A partition's records. Offsets of `start` to `end` - 1 may exist; those compacted away don't."""

    def __init__(self, topic: str, partition: int) -> None:
        self._topic = topic
        self._partition = partition
        self._records: list[Record] = []
        self.start = 0
        self.end = 0

    def append(self, key: bytes | None, value: bytes | None, headers: Headers, timestamp_ms: int) -> int:
        """Add a record; returns its offset."""
        offset = self.end
        self._records.append(Record(self._topic, self._partition, offset, key, value, headers, timestamp_ms))
        self.end += 1
        return offset

    def read(self, offset: int, limit: int) -> tuple[list[Record], int]:
        """At most `limit` records from `offset`, and the offset to go on from."""
        first = bisect_left(self._records, max(offset, self.start), key=_offset)
        found = self._records[first : first + limit]
        at_end = first + limit >= len(self._records)
        return found, self.end if at_end else found[-1].offset + 1 if found else offset

    def at_time(self, timestamp_ms: int) -> int:
        """The first offset with a record time of at least `timestamp_ms`; the end when there is none."""
        for record in self._records:
            if record.timestamp_ms >= timestamp_ms:
                return record.offset
        return self.end

    def compact(self, drop_tombstones: bool) -> None:
        """Keep the newest record of each key."""
        newest = {record.key: record.offset for record in self._records}
        self._records = [
            record
            for record in self._records
            if newest[record.key] == record.offset and not (drop_tombstones and record.value is None)
        ]

    def trim(self, before: int) -> None:
        """Forget everything below offset `before`, as retention does."""
        self.start = min(max(self.start, before), self.end)
        self._records = self._records[bisect_left(self._records, self.start, key=_offset) :]

    def rewind(self, end: int) -> None:
        """Forget everything from offset `end` on, as a broker that is set back to an earlier state does."""
        self.end = min(self.end, end)
        self._records = self._records[: bisect_left(self._records, self.end, key=_offset)]
