"""A file that doesn't let a reader of archives take much of it into memory at once."""

from __future__ import annotations

from typing import BinaryIO, Final

from twin_common.packages.errors import PackageRefused
from twin_common.packages.limits import MIB

MAX_READ: Final = 2 * MIB
"""More than any header, or the directory of an archive within the limits, has."""


class Guarded:
    """A seekable file; reading more than `MAX_READ` at once is refused.

    An archive's headers say how long its directory and extended headers are, and readers believe them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, or the rest for -1.

        Raises:
            PackageRefused: `broken_archive`: the archive's headers ask for too much.
        """
        data = self._file.read(min(size, MAX_READ + 1) if size >= 0 else MAX_READ + 1)
        if len(data) > MAX_READ:
            raise PackageRefused(
                "broken_archive", f"its headers announce more than {MAX_READ} bytes of names"
            )
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go elsewhere."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is."""
        return True
