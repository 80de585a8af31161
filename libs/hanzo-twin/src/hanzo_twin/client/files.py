"""Files on their way into a request: opened when they are read, counted as they go, closed at their end."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hanzo_twin.errors import HanzoTwinError

Progress = Callable[[int, int], None]
"""Is told bytes done and bytes in all."""

_CHUNK = 1 << 20
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".usdz")
USD = (".usda", ".usdc", ".usd")


class SceneFilesMissing(HanzoTwinError, FileNotFoundError):
    """There is no scene at a path."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Source:
    """What shall be uploaded.

    Attributes:
        files: each file with the name that it has in the scene.
        folder: it is a folder's content; else one file, which may be an archive.
    """

    files: tuple[tuple[str, Path], ...]
    folder: bool

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(path.stat().st_size for _, path in self.files)


def find(path: Path) -> Source:
    """The files of a scene: one file, or everything in a folder but hidden files and links.

    Raises:
        SceneFilesMissing: there is nothing, or no scene in it.
    """
    if path.is_file():
        if not path.name.lower().endswith((*ARCHIVES, *USD)):
            raise SceneFilesMissing(f"{path} is neither a USD file ({', '.join(USD)}) nor an archive of them")
        return Source(((path.name, path),), folder=False)
    if not path.is_dir():
        raise SceneFilesMissing(f"there is no file or folder {path}")
    found = []
    for parent, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(parent, name)
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                found.append((file.relative_to(path).as_posix(), file))
    if not any(name.lower().endswith((*USD, ".usdz")) for name, _ in found):
        raise SceneFilesMissing(f"{path} has no USD file ({', '.join(USD)})")
    return Source(tuple(found), folder=True)


def pack(source: Source, into: Path) -> Path:
    """A folder's files as one archive; the same files give the same bytes."""
    archive = into / "scene.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, path in source.files:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as file, packed.open(entry, "w", force_zip64=True) as member:
                while chunk := file.read(_CHUNK):
                    member.write(chunk)
    return archive


def digest(path: Path) -> str:
    """Sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Outgoing:
    """A file that is opened when the first byte of it is read."""

    def __init__(self, path: Path, counter: Counter) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._counter = counter
        self._at = 0
        self._file: BinaryIO | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes; at the end it closes."""
        if self._file is None:
            self._file = self._path.open("rb")
            self._file.seek(self._at)
        data = self._file.read(size)
        self._at += len(data)
        self._counter.add(len(data))
        if not data:
            self.close()
        return data

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(_CHUNK):
            yield data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of files."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        if self._file is not None:
            self._file.seek(self._at)
        return self._at

    def tell(self) -> int:
        """As of files."""
        return self._at

    def close(self) -> None:
        """Give it back."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Counter:
    """Counts the bytes of one attempt and tells who wants to know."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def restart(self) -> None:
        """Another attempt begins."""
        self._done = 0

    def add(self, count: int) -> None:
        """So many bytes more."""
        self._done += count
        if self._progress is not None and count:
            self._progress(min(self._done, self._total), self._total)
