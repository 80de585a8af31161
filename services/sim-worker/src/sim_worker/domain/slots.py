"""Keys and slots of checkpoints (journal rule 17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from twin_schemas.records import CheckpointTaken

SLOTS = 2


class CheckpointKey(NamedTuple):
    """Which of a twin's checkpoints."""

    twin: str
    incarnation: int
    slot: int

    def encode(self) -> bytes:
        """As the record's key."""
        return f"{self.twin}/{self.incarnation}/{self.slot}".encode()

    @classmethod
    def decode(cls, key: bytes) -> "CheckpointKey":
        """From a record's key.

        Raises:
            ValueError: it isn't one.
        """
        twin, incarnation, slot = key.decode().split("/")
        return cls(twin, int(incarnation), int(slot))


@dataclass(frozen=True, slots=True)
class Found:
    """The checkpoints of one twin, newest first, and every key that holds one."""

    newest: tuple[CheckpointTaken, ...]
    keys: frozenset[CheckpointKey]


def arrange(held: Iterable[tuple[CheckpointKey, CheckpointTaken | None]]) -> dict[str, Found]:
    """The newest state of each key, arranged by twin.

    The newest checkpoint is that of the highest incarnation with the highest journal offset, whichever slot it lies
    in: a late one of a paused worker is an old one. Between equals (a parked twin stands still while the epoch goes
    on) the one written last is newer.

    Args:
        held: by key, in the order written; None for a record that can't be read, which still occupies its key.
    """
    by_twin: dict[str, list[tuple[CheckpointKey, CheckpointTaken | None]]] = {}
    for key, record in held:
        by_twin.setdefault(key.twin, []).append((key, record))
    arranged = {}
    for twin, entries in by_twin.items():
        records = [record for _, record in reversed(entries) if record is not None]
        records.sort(key=lambda record: (record.incarnation, record.offset), reverse=True)
        arranged[twin] = Found(tuple(records), frozenset(key for key, _ in entries))
    return arranged


class SlotTurn:
    """Which slot the next checkpoint of a twin goes to: never the one that holds the newest."""

    def __init__(self, newest: CheckpointTaken | None = None) -> None:
        """Go on after the newest checkpoint that was found."""
        self._incarnation = newest.incarnation if newest else 0
        self._last = newest.slot if newest else SLOTS - 1

    @property
    def incarnation(self) -> int:
        """Of the newest checkpoint; 0: there is none."""
        return self._incarnation

    def next(self, incarnation: int) -> int:
        """The slot to write to; call `wrote` once the record is acknowledged."""
        return (self._last + 1) % SLOTS if incarnation == self._incarnation else 0

    def wrote(self, incarnation: int, slot: int) -> None:
        """The slot holds the newest checkpoint now."""
        self._incarnation, self._last = incarnation, slot
