"""Where a partition's journal is read from again (journal rules 17 and 24)."""

from collections.abc import Iterable

_PREFIX = "resume="


class Coverage:
    """How far one twin's checkpoint covers the records of its journal.

    Attributes:
        offset: journal offset of the newest checkpoint acknowledged; -1: none.
        seen: last journal offset of the twin that was read; -1: none.
    """

    def __init__(self, offset: int = -1) -> None:
        """Begin with a checkpoint at an offset."""
        self.offset = offset
        self.seen = -1
        self._first = -1

    def read(self, offset: int) -> None:
        """A record of the twin was read."""
        if offset > self.offset and self._first < 0:
            self._first = offset
        self.seen = max(self.seen, offset)

    def covered(self, offset: int) -> None:
        """A checkpoint at that offset was acknowledged."""
        self.offset = max(self.offset, offset)
        if self._first >= 0 and self._first <= offset:
            self._first = offset + 1 if self.seen > offset else -1

    @property
    def dirty(self) -> bool:
        """True when records were read that no checkpoint covers."""
        return self._first >= 0

    @property
    def needed(self) -> int | None:
        """The first offset that must be read again to restore the twin; None: nothing that was read so far."""
        return self._first if self._first >= 0 else None


def resume_point(position: int, needed: Iterable[int | None]) -> int:
    """Where to read a partition from: the smallest offset needed, else where reading stands."""
    return min([position, *(offset for offset in needed if offset is not None)])


def restart_point(checkpoints: Iterable[int], committed: int | None, uncovered: bool) -> int:
    """Where a new owner reads a partition from.

    Args:
        checkpoints: offsets of the checkpoints to go on from, of twins that run.
        committed: the resume point that the last owner stored; None: none.
        uncovered: whether a twin has no checkpoint at all, so that its genesis must be found.
    """
    points = [offset + 1 for offset in checkpoints]
    if committed is not None:
        points.append(committed)
    elif uncovered or not points:
        points.append(0)
    return min(points)


def to_metadata(resume: int) -> str:
    """The resume point as the commit's metadata."""
    return f"{_PREFIX}{resume}"


def from_metadata(metadata: str) -> int | None:
    """The resume point of a commit; None when it carries none."""
    text = metadata.removeprefix(_PREFIX)
    return int(text) if text != metadata and text.isdigit() else None
