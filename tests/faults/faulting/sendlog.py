"""What the plants say they have sent, read while they write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Sent:
    """One message of a plant.

    Attributes:
        plant: number of the plant.
        at_ns: when it was made, ns since the Unix epoch.
        position: what it said; unique for the plant.
        acknowledged_ns: when the broker had it for good; None: not yet, or never.
    """

    plant: int
    at_ns: int
    position: float
    acknowledged_ns: int | None = None


class SendLog:
    """Follows the log of `plants`; whole lines only.

    Args:
        path: the file; it may not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self.sent: dict[int, Sent] = {}

    def read(self) -> None:
        """Take in what was written since the last call."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.decode().splitlines():
            kind, number, *rest = line.split()
            if kind == "S":
                self.sent[int(number)] = Sent(int(rest[0]), int(rest[1]), float(rest[2]))
            elif kind == "A" and (found := self.sent.get(int(number))) is not None:
                found.acknowledged_ns = int(rest[0])
            elif kind == "X":
                self.sent.pop(int(number), None)

    def forget(self, number: int) -> None:
        """A message has been accounted for."""
        self.sent.pop(number, None)
