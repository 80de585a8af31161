"""How much an upload may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20
CHUNK: Final = 256 * 1024
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused when there is more of it.

    Attributes:
        size: bytes of all files together, inflated.
        entries: files and folders.
    """

    size: int = 64_000_000
    entries: int = 4096

    def __post_init__(self) -> None:
        """A package has 32-bit places."""
        if not (0 < self.size < 4000 * MIB and 0 < self.entries < 65_000):
            raise ValueError("a package holds less than 4000 MiB in less than 65,000 files")
