"""Messages that come again: at-least-once delivery repeats them, bridges do, and a reading acts only once."""

from collections import deque
from typing import Final

REMEMBERED: Final = 256
"""Messages of a source; at 30 Hz, eight seconds."""


class Repeats:
    """Knows the newest messages of a source that say when they were taken; an equal one is the same reading."""

    __slots__ = ("_known", "_order")

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._known: set[int] = set()
        self._order: deque[int] = deque()

    def has(self, topic: str, payload: bytes) -> bool:
        """Whether the message was here before; it was from now on."""
        message = hash((topic, payload))
        if message in self._known:
            return True
        self._known.add(message)
        self._order.append(message)
        if len(self._order) > REMEMBERED:
            self._known.discard(self._order.popleft())
        return False
