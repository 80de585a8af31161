"""What is fuzzed: something that takes bytes and either accepts them or refuses them by a code."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

FOUND = Path(__file__).parents[1] / "found"
ACCEPTED = "accepted"


class Target(Protocol):
    """One reader of foreign bytes, as production calls it.

    Attributes:
        name: as the results call it; also its folder under `found`.
        words: pieces of its language that a blind mutation wouldn't hit upon.
        watched: parts of the paths of the modules whose lines guide the search.
        per_process: inputs that one process may take, as some libraries never let go of what they read.
        contained: production, too, reads them in a process of its own, which may end by a signal or by its limits;
            that is a refusal, and a finding only where it comes of too many.
    """

    name: str
    words: Sequence[bytes]
    watched: tuple[str, ...]
    per_process: int
    contained: bool

    def seeds(self) -> list[bytes]:
        """Good inputs to begin with."""
        ...

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """An input of the right shape with hostile values in it."""
        ...

    def run(self, data: bytes) -> str:
        """Read the input: `ACCEPTED`, or the code of a refusal. Whatever it raises is a finding."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


def kept(name: str) -> list[bytes]:
    """What was found before: each of them broke something once."""
    folder = FOUND / name
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []
