"""Which of an instance's processes this is."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4
from zlib import crc32


def _random() -> str:
    return uuid4().hex[:8]


@dataclass(frozen=True, slots=True)
class Place:
    """A process among those that share a port.

    Attributes:
        number: of the process, from 0.
        count: of all of them.
        gateway: name of the instance, the same for all of them.
    """

    number: int = 0
    count: int = 1
    gateway: str = field(default_factory=_random)

    @property
    def name(self) -> str:
        """Name of the process."""
        return self.gateway if self.count == 1 else f"{self.gateway}-{self.number}"

    def partition(self, partitions: int) -> int:
        """One for each process of the instance, as long as there are enough; instances begin anywhere."""
        return (crc32(self.gateway.encode()) + self.number) % partitions

    def share(self, limit: float) -> float:
        """This process's part of what all of them may do."""
        return limit / self.count
