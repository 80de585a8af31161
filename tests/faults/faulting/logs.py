"""What a process writes to its log from some moment on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Log:
    """A log from some place on.

    Attributes:
        path: the file.
        begin: bytes that were there before.
    """

    path: Path
    begin: int

    @classmethod
    def now(cls, path: Path) -> Log:
        """What will be written from now on."""
        return cls(path, path.stat().st_size if path.exists() else 0)

    def text(self) -> str:
        """What has been written so far."""
        with self.path.open("rb") as file:
            file.seek(self.begin)
            return file.read().decode(errors="replace")

    def times(self) -> Iterator[float]:
        """What the process's own clock showed at each whole line, in seconds since the Unix epoch."""
        for line in self.text().splitlines():
            try:
                yield datetime.fromisoformat(json.loads(line)["time"]).timestamp()
            except (ValueError, KeyError, TypeError):
                continue  # a library's line, or half of one
