"""How long journal records waited until they were announced as sealed, in each partition by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from faulting.books.times import REMEMBERED_MS


@dataclass
class SealingBook:
    """When records were written, and when ranges with them were announced, ms since the Unix epoch.

    A partition to which nobody writes has nothing to wait; one that nobody seals waits to the end.
    """

    _written: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _announced: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def written(self, partition: int, offset: int, at_ms: int) -> None:
        """The next record of a partition of the journal."""
        self._written[partition].append((offset, at_ms))

    def announced(self, partition: int, last: int, at_ms: int) -> None:
        """A range up to this offset is sealed; the first one that reaches a record counts."""
        self._announced[partition].append((last, at_ms))

    def waits_s(self, from_ms: int, to_ms: int) -> Iterator[tuple[float, int]]:
        """The longest wait of each partition within a span, in seconds, and the partition."""
        for partition, written in self._written.items():
            longest, ranges = 0, iter(self._announced[partition])
            last, sealed_ms = next(ranges, (-1, 0))
            for offset, at_ms in written:
                while last < offset and last >= 0:
                    last, sealed_ms = next(ranges, (-1, 0))
                until_ms = min(sealed_ms, to_ms) if last >= 0 else to_ms
                longest = max(longest, until_ms - max(at_ms, from_ms))
            yield longest / 1000, partition

    def forget(self, now_ms: int) -> None:
        """What is long past is asked for no more."""
        since_ms = now_ms - REMEMBERED_MS
        for noted in (self._written, self._announced):
            for partition, each in noted.items():
                noted[partition] = [(offset, at_ms) for offset, at_ms in each if at_ms > since_ms]
