"""What sources said while a journal was being taken over (journal rule 2)."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from twin_schemas.records import ObservationFrame, Reading

_LONGEST: Final = 4096
_READINGS: Final = 512
_SAME_NS: Final = 16_000_000
"""Two processes may receive a message without a time of its own so much apart."""


class Message(NamedTuple):
    """What a source said: its index, topic, payload and receipt."""

    source: int
    topic: str
    payload: bytes
    receive_ns: int


class FramedReadings:
    """The newest readings of a journal. The writer before us goes on until we have acquired it, and hears what we hear.

    Attributes:
        found: how many readings were left out for being among them.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.found = 0
        self._readings: deque[Reading] = deque(maxlen=_READINGS)

    def note(self, frame: ObservationFrame) -> None:
        """A frame in force was read."""
        self._readings.extend(frame.readings)

    def without(self, readings: Iterable[Reading]) -> list[Reading]:
        """Those that are in no frame; each that was in one stands for one of them."""
        return [reading for reading in readings if not self._has(reading)]

    def _has(self, reading: Reading) -> bool:
        same = [
            one for one in self._readings if (one.channel, one.values) == (reading.channel, reading.values)
        ]
        nearest = min(same, key=lambda one: abs(one.time_ns - reading.time_ns), default=None)
        if nearest is None or abs(nearest.time_ns - reading.time_ns) > _SAME_NS:
            return False
        self._readings.remove(nearest)
        self.found += 1
        return True


class EarlyMessages:
    """Messages for a twin whose journal isn't ours yet.

    Attributes:
        framed: what of them the journal has all the same.
        lost: how many gave way to newer ones.
    """

    def __init__(self, framed: FramedReadings) -> None:
        """Begin with none."""
        self.framed, self.lost = framed, 0
        self._messages: deque[Message] = deque(maxlen=_LONGEST)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._messages)

    def add(self, message: Message) -> None:
        """A message came."""
        self.lost += len(self._messages) == _LONGEST
        self._messages.append(message)

    def take(self) -> Iterator[Message]:
        """All of them, once, in order."""
        while self._messages:
            yield self._messages.popleft()
