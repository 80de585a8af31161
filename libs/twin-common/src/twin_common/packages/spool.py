"""Files of an upload on their way: counted, bounded and digested as they come."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Protocol

from twin_common.packages.errors import PackageRefused
from twin_common.packages.limits import CHUNK, Limits
from twin_common.packages.member import Member
from twin_common.packages.names import Names, checked_name, is_litter, is_nested_archive


class Readable(Protocol):
    """Anything that gives bytes, and nothing at its end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        ...


class Spool:
    """Keeps the files of one upload in a folder, under names of its own.

    Args:
        folder: an empty folder that the caller removes.
        limits: counted over everything that comes, whatever its headers say.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits
        self.members: list[Member] = []
        self._names = Names()
        self._entries = 0
        self._size = 0

    def entry(self) -> None:
        """Count a file or folder.

        Raises:
            PackageRefused: `too_many_files`.
        """
        self._entries += 1
        if self._entries > self.limits.entries:
            raise PackageRefused(
                "too_many_files",
                f"more than {self.limits.entries} files and folders; leave out what isn't used",
            )

    def folder_entry(self, name: str) -> None:
        """Count a folder; only its files are kept.

        Raises:
            PackageRefused: its name, or that there are too many.
        """
        self.entry()
        if name not in (".", "./"):
            checked_name(name)

    def add(self, name: str, content: Readable) -> None:
        """Take a file; what an operating system leaves in folders is passed over.

        Raises:
            PackageRefused: its name, or that there is more than the limits allow.
        """
        self.entry()
        name = checked_name(name)
        if is_litter(name):
            return
        self._names.add(name)
        path = self.folder / f"{len(self.members):05}"
        digest, crc, size, head = hashlib.sha256(), 0, 0, b""
        with path.open("xb") as out:
            while chunk := content.read(CHUNK):
                head = head or chunk[:16]
                size += len(chunk)
                self._grow(len(chunk), name)
                digest.update(chunk)
                crc = zlib.crc32(chunk, crc)
                out.write(chunk)
        if is_nested_archive(name, head):
            raise PackageRefused(
                "nested_archive", "an archive inside the upload; unpack it there, or make it a .usdz", name
            )
        self.members.append(Member(name, path, size, digest.hexdigest(), crc))

    def _grow(self, more: int, name: str) -> None:
        self._size += more
        if self._size > self.limits.size:
            raise PackageRefused(
                "upload_too_large", f"the files have more than {self.limits.size} bytes together", name
            )
