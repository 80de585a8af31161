"""Where a twin runs: the least loaded partition of its pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """A partition of every topic of a pool."""

    pool: str
    partition: int


@dataclass(frozen=True, slots=True)
class Pool:
    """A set of journal, prediction and checkpoint topics with its own workers.

    Attributes:
        partitions: how many each of its topics has.
    """

    name: str
    partitions: int

    def place(self, load: Mapping[int, int]) -> Placement:
        """The partition with the fewest twins, the lowest of several.

        Args:
            load: twins by partition; partitions without any may be missing.
        """
        return Placement(
            self.name, min(range(self.partitions), key=lambda number: (load.get(number, 0), number))
        )
