"""Why an upload is refused."""

from __future__ import annotations

from twin_common.errors import TwinError

_SHOWN = 120


class PackageRefused(TwinError, ValueError):
    """An upload can't be taken as it is; nothing of it is kept.

    Attributes:
        code: short, stable and machine-readable, such as `unsafe_name`.
        entry: the file inside the upload that is at fault, or None.
    """

    def __init__(self, code: str, message: str, entry: str | None = None) -> None:
        self.code = code
        self.entry = None if entry is None else shown(entry)
        super().__init__(message if entry is None else f"{self.entry}: {message}")


def shown(name: str) -> str:
    """A foreign name as a message may carry it: short, printable and valid Unicode."""
    cut = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in cut)
