"""A file of a package."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from twin_common.packages.limits import CHUNK


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

    @classmethod
    def of(cls, name: str, path: Path) -> Self:
        """A file that lies on this machine, as a member of a package."""
        digest, crc, size = hashlib.sha256(), 0, 0
        with path.open("rb") as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
        return cls(name, path, size, digest.hexdigest(), crc)
