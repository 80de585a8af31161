"""A place in memory where a process leaves the input that it is about to read, in case it doesn't survive it."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_HEAD = struct.Struct("<QI")
_ROOM = 1 << 20


class Box:
    """The input in hand.

    Args:
        path: shared by the process that reads and the one that watches it; `create` makes it.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _HEAD.size + _ROOM)

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty one."""
        path.write_bytes(bytes(_HEAD.size + _ROOM))

    def put(self, number: int, data: bytes) -> None:
        """Input number so and so is about to be read."""
        data = data[:_ROOM]
        self._map[: _HEAD.size] = _HEAD.pack(number, len(data))
        self._map[_HEAD.size : _HEAD.size + len(data)] = data

    def get(self) -> tuple[int, bytes]:
        """Which one was."""
        number, size = _HEAD.unpack(self._map[: _HEAD.size])
        return number, self._map[_HEAD.size : _HEAD.size + size]

    def close(self) -> None:
        """Let go of the memory."""
        self._map.close()
