"""Whether binary USD announces more than it can hold: the library believes what a crate file says of its own sizes, and
reserves memory for it before it reads on.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from twin_sim.errors import SceneError

_MAGIC: Final = b"PXR-USDC"
_BOOTSTRAP: Final = struct.Struct("<8s8sq")
_COUNT: Final = struct.Struct("<Q")
_SECTION: Final = struct.Struct("<16sqq")
_LOCAL: Final = struct.Struct("<26x2H")
_MAX_SECTIONS: Final = 64
_PER_BYTE: Final = 4 * 255
"""Integers that a byte can stand for at most: two bits each, packed by LZ4."""
_COUNTED: Final = (b"TOKENS", b"STRINGS", b"FIELDS", b"FIELDSETS", b"PATHS", b"SPECS")


def check_crates(file: Path) -> None:
    """Refuse a file with an impossible crate in it.

    Raises:
        SceneError: a table of contents, a section or a count can't be.
    """
    with file.open("rb") as content:
        for part in _parts(content, file):
            _check(part)


@dataclass(frozen=True, slots=True)
class _Part:
    """A file, or a stored file in a package."""

    content: BinaryIO
    name: str
    begin: int
    size: int

    def read(self, at: int, size: int) -> bytes:
        """So many bytes that have to be there."""
        if not 0 <= at <= self.size - size:
            raise self.impossible("its table of contents or a section lies outside of it")
        self.content.seek(self.begin + at)
        return self.content.read(size)

    def impossible(self, what: str) -> SceneError:
        """The refusal."""
        return SceneError("", f"{self.name[:200]} is damaged: {what}", "Export it again.")


def _parts(content: BinaryIO, file: Path) -> Iterator[_Part]:
    whole = _Part(content, file.name, 0, file.stat().st_size)
    if file.suffix != ".usdz":
        yield whole
        return
    try:
        with zipfile.ZipFile(content) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise whole.impossible(f"the package can't be read: {error}") from error
    for entry in entries:
        lengths = _LOCAL.unpack(whole.read(entry.header_offset, _LOCAL.size))
        begin = entry.header_offset + _LOCAL.size + sum(lengths)
        yield _Part(content, entry.filename, begin, min(entry.file_size, whole.size - begin))


def _check(part: _Part) -> None:
    if part.size < len(_MAGIC) or part.read(0, len(_MAGIC)) != _MAGIC:
        return
    begin = _BOOTSTRAP.unpack(part.read(0, _BOOTSTRAP.size))[2]
    (count,) = _COUNT.unpack(part.read(begin, _COUNT.size))
    if count > _MAX_SECTIONS:
        raise part.impossible(f"it announces {count} sections")
    table = part.read(begin + _COUNT.size, count * _SECTION.size)
    for title, start, length in _SECTION.iter_unpack(table):
        _check_section(part, title.rstrip(b"\0"), start, length)


def _check_section(part: _Part, title: bytes, start: int, length: int) -> None:
    if not (0 <= start <= part.size and 0 <= length <= part.size - start):
        raise part.impossible(f"section {title!r} lies outside of it")
    if title not in _COUNTED:
        return
    numbers = (
        2 if title in (b"TOKENS", b"PATHS") else 1
    )  # of tokens their characters, too; of paths those written
    announced = max(struct.unpack(f"<{numbers}Q", part.read(start, 8 * numbers)))
    if announced > length * _PER_BYTE:
        raise part.impossible(f"section {title!r} of {length} bytes announces {announced} entries")
