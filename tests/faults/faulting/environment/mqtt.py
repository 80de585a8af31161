"""As much of MQTT as one needs to tell where a packet ends."""

from __future__ import annotations

from collections.abc import Iterator

_PUBLISH = 3
_MOST_LENGTH_BYTES = 4


class Packets:
    """Divides what a connection carries into control packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The packets that are whole with these bytes."""
        self._rest += data
        while (end := _end(self._rest)) is not None:
            packet, self._rest = self._rest[:end], self._rest[end:]
            yield packet


def is_message(packet: bytes) -> bool:
    """Whether a packet carries a message."""
    return packet[0] >> 4 == _PUBLISH


def _end(data: bytes) -> int | None:
    """The length of the packet that begins here, or None when it isn't whole yet."""
    length = 0
    for place, byte in enumerate(data[1 : 1 + _MOST_LENGTH_BYTES]):
        length |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            end = 2 + place + length
            return end if len(data) >= end else None
    return None
