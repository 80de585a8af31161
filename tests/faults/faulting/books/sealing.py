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
        """A range up to this offset is sealed; one that was announced before is no news."""
        known = self._announced[partition]
        if not known or last > known[-1][0]:
            known.append((last, at_ms))

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
        for partition, written in self._written.items():
            self._written[partition] = [each for each in written if each[1] > now_ms - REMEMBERED_MS]
            first = self._written[partition][0][0] if self._written[partition] else None
            known = self._announced[partition]
            self._announced[partition] = [
                each for each in known if each is known[-1] or (first is not None and each[0] >= first)
            ]
