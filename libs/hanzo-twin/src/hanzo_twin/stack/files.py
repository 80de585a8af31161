"""Small files that other processes read while they change."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_BLOCK = 64 * 1024


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only; a reader sees the old text or the new one."""
    descriptor, draft = tempfile.mkstemp(
        prefix=f".{path.name}.", dir=path.parent
    )  # two threads may write at once
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).replace(path)


def last_lines(path: Path, count: int, *, since: int = 0) -> tuple[str, ...]:
    """The last lines of a log that aren't blank; none when there is no file.

    Args:
        path: the log.
        count: at most so many.
        since: what lies before this offset in bytes isn't looked at.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(since, path.stat().st_size - _BLOCK))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line.rstrip() for line in lines if line.strip())[-count:]
