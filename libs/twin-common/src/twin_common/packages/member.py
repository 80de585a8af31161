"""A file of a package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a package, while it lies on this machine.

    Attributes:
        name: relative path inside the package, with `/`.
        path: where its content lies now.
        size: bytes.
        digest: sha256 of its content, hex.
        crc: CRC-32 of its content.
    """

    name: str
    path: Path
    size: int
    digest: str
    crc: int
