"""What object storage keeps of the journals: every record that the broker had, byte for byte."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from twin_common.bus.types import Record


@dataclass
class ArchiveBook:
    """Records of the journals, and those that sealed ranges hold.

    Attributes:
        differing: records that a range tells differently.
    """

    differing: list[str] = field(default_factory=list)
    _due: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    _early: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    _read: dict[int, int] = field(default_factory=dict)

    def written(self, partition: int, offset: int, key: bytes, value: bytes | None) -> None:
        """The next record of a partition of the journal."""
        self._read[partition] = offset
        self._due[partition][offset] = _digest(key, value)
        if (early := self._early[partition].pop(offset, None)) is not None:
            self._match(partition, offset, early)

    def sealed(self, records: Iterable[Record]) -> None:
        """A range is in object storage; it may reach further than what was read of the journal."""
        for record in records:
            digest = _digest(record.key or b"", record.value)
            if record.offset > self._read.get(record.partition, -1):
                self._early[record.partition][record.offset] = digest
            else:
                self._match(record.partition, record.offset, digest)

    def _match(self, partition: int, offset: int, digest: str) -> None:
        if self._due[partition].pop(offset, digest) != digest:  # one that was sealed twice is due no more
            self.differing.append(f"partition {partition} offset {offset} is sealed as something else")

    def lacking(self) -> list[str]:
        """Records that no range holds yet, by partition."""
        return [
            f"partition {partition}: {len(due)} of offsets {min(due)} to {max(due)} aren't sealed"
            for partition, due in sorted(self._due.items())
            if due
        ]

    def settle(self) -> list[str]:
        """What is wrong; it isn't told again."""
        found = [*self.differing, *self.lacking()]
        self.differing = []
        self._due.clear()
        return found


def _digest(key: bytes, value: bytes | None) -> str:
    return hashlib.sha256(len(key).to_bytes(4) + key + (value or b"")).hexdigest()
