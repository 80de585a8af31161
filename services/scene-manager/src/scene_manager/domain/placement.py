"""Where a twin runs: the least loaded partition of its pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


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
        """The partition with the fewest twins; of several one that lies far from those that had their turn.

        A worker holds partitions in a row, so that few twins are on several workers, too, and stay so as workers come.

        Args:
            load: twins by partition; partitions without any may be missing.
        """
        turns = _turns(self.partitions)
        return Placement(self.name, min(turns, key=lambda number: load.get(number, 0)))


@lru_cache
def _turns(partitions: int) -> tuple[int, ...]:
    """Every partition once, halving the longest row of those that had no turn: of 12 it is 0, 6, 3, 9, 1, 7, ..."""
    found: dict[int, None] = {}
    step = 1.0
    while len(found) < partitions:
        found |= dict.fromkeys(int(partitions * at * step) for at in _reversed(round(1 / step)))
        step /= 2
    return tuple(found)


def _reversed(count: int) -> list[int]:
    """0 to `count` - 1, a power of two, ordered by their bits read backwards."""
    if count == 1:
        return [0]
    half = _reversed(count // 2)
    return [2 * number for number in half] + [2 * number + 1 for number in half]
