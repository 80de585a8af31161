"""Names inside an upload: which are taken, and that no two mean one file."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from twin_common.packages.errors import PackageRefused

SUFFIXES: Final = (".usd", ".usda", ".usdc", ".usdz")
"""Of files that USD opens."""

MAX_PART: Final = 255
MAX_NAME: Final = 1024
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_NESTED: Final = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".lz4", ".cab"}
)


def is_usd(name: str) -> bool:
    """Whether a file is a USD layer or package by its name."""
    return PurePosixPath(name).suffix in SUFFIXES


def checked_name(name: str) -> str:
    """A relative path with `/` and nothing in it that leads elsewhere.

    Raises:
        PackageRefused: `unsafe_name`: it is absolute, climbs, or has what no file name should have.
    """
    problem = _problem(name)
    if problem is not None:
        raise PackageRefused(
            "unsafe_name", f"{problem}; use plain relative paths with '/'", name or "(no name)"
        )
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _problem(name: str) -> str | None:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if "\0" in name:
        return "a NUL in the name"
    if "\\" in name:
        return "a backslash in the name"
    if name.startswith("/") or _DRIVE.match(name):
        return "an absolute path"
    if ".." in parts:
        return "'..' leads out of the package"
    if not parts:
        return "no name"
    if len(name) > MAX_NAME or any(len(part.encode(errors="replace")) > MAX_PART for part in parts):
        return f"a name longer than {MAX_PART} bytes, or a path longer than {MAX_NAME}"
    if not name.isprintable():
        return "a control character or half a character in the name"
    return None


def is_litter(name: str) -> bool:
    """Whether an operating system left it there, and nobody misses it."""
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1] in _LITTER or parts[-1].startswith("._")


def is_nested_archive(name: str, head: bytes) -> bool:
    """Whether a file is an archive that would hide others: any but a usdz package."""
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in _NESTED:
        return True
    if head.startswith(b"PK\x03\x04"):
        return suffix != ".usdz"
    return head.startswith(
        (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd")
    )


class Names:
    """The names of one package: no two are the same, also on file systems that ignore case."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str) -> None:
        """Take a file's name.

        Raises:
            PackageRefused: `duplicate_name`: there is a file, or a folder, of that name.
        """
        key = _folded(name)
        parents = {str(parent) for parent in PurePosixPath(key).parents} - {"."}
        if key in self._files or key in self._folders or parents & self._files:
            raise PackageRefused(
                "duplicate_name", "another entry has this name, or one that differs in case only", name
            )
        self._files.add(key)
        self._folders |= parents


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
