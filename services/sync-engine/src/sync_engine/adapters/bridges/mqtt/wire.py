"""The two MQTT packets of every message heard and said, without what they don't use (MQTT 5, section 3.3)."""

from typing import Final, NamedTuple

_PUBLISH: Final = 0x30
_SHORT: Final = 0x80
_IDENTIFIER: Final = 0x0B
"""The property that says which subscription a message is for."""


class Arrival(NamedTuple):
    """A message of QoS 0 as a broker sends it.

    Attributes:
        topic: its topic.
        payload: its bytes.
        numbers: identifiers of the subscriptions that it is for; None: it came without.
    """

    topic: str
    payload: bytes
    numbers: tuple[int, ...] | None


def arrival(command: int, body: bytes, *, properties: bool) -> Arrival | None:
    """Read the body of a packet.

    Args:
        command: its first byte.
        body: what follows the length.
        properties: the connection speaks MQTT 5.

    Returns:
        None when it is no publication, or one with more to it than this knows; also when it is malformed.
    """
    if command & 0xFE != _PUBLISH or len(body) < 3:
        return None
    start = 2 + (body[0] << 8 | body[1])
    if start == 2 or len(body) < start + properties:
        return None
    numbers: tuple[int, ...] | None = None
    payload = start
    if properties:
        size = body[start]
        payload = start + 1 + size
        if len(body) < payload:
            return None
        if size:
            number = _identifier(body[start + 1 : payload]) if size == 2 or size == 3 else 0
            if not number:
                return None
            numbers = (number,)
    try:
        return Arrival(body[2:start].decode(), body[payload:], numbers)
    except UnicodeDecodeError:
        return None


def publication(topic: bytes, payload: bytes, *, properties: bool) -> bytes:
    """A whole packet that publishes with QoS 0.

    Args:
        topic: UTF-8, at most 65,535 bytes.
        payload: what to say.
        properties: the connection speaks MQTT 5; there are none.
    """
    size = 2 + len(topic) + properties + len(payload)
    return b"".join(
        (
            b"\x30",
            _length(size),
            len(topic).to_bytes(2, "big"),
            topic,
            b"\0" if properties else b"",
            payload,
        )
    )


def _identifier(properties: bytes) -> int:
    """The subscription identifier, when properties are one of at most two bytes and nothing else; else 0."""
    if properties[0] != _IDENTIFIER:
        return 0
    if len(properties) == 2:
        return properties[1] if properties[1] < _SHORT else 0
    if len(properties) == 3 and properties[2] < _SHORT <= properties[1]:
        return properties[1] & 0x7F | properties[2] << 7
    return 0


def _length(size: int) -> bytes:
    out = bytearray()
    while size >= _SHORT:
        out.append(size & 0x7F | _SHORT)
        size >>= 7
    out.append(size)
    return bytes(out)
