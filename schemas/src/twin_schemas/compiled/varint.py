"""Avro's int and long: zigzag, seven bits a byte, the lowest first."""

from typing import Final

_BITS: Final = 64
_FOURTEEN: Final = 16_384
_SEVEN: Final = 128

_ONE: Final = [bytes((value,)) for value in range(_SEVEN)]
_ENDS: Final = [bytes((value & 0x7F | 0x80, value >> 7)) for value in range(_FOURTEEN)]
SMALL: Final = [bytes((value << 1,)) for value in range(_SEVEN >> 1)]
"""The bytes of 0 to 63."""
_GOES_ON: Final = [bytes((value & 0x7F | 0x80, value >> 7 | 0x80)) for value in range(_FOURTEEN)]

# A record names the same moment several times, and several records do.
_REMEMBERED: Final = 256
_MOMENT: Final = 9
"""Bytes of a time in ns since the Unix epoch."""
_written: dict[int, bytes] = {}
_read: dict[bytes, int] = {}


def write_long(value: int) -> bytes:
    """The bytes of a number.

    Raises:
        OverflowError: it has more than 64 bits.
    """
    rest = value << 1 if value >= 0 else (-value << 1) - 1
    if rest < _SEVEN:
        return _ONE[rest]
    if rest < _FOURTEEN:
        return _ENDS[rest]
    known = _written.get(value)
    if known is not None:
        return known
    if rest >> _BITS:
        raise OverflowError(value)
    out = b""
    while rest >= _FOURTEEN:
        out += _GOES_ON[rest & 0x3FFF]
        rest >>= 14
    out += _ONE[rest] if rest < _SEVEN else _ENDS[rest]
    if len(out) == _MOMENT:
        if len(_written) >= _REMEMBERED:
            _written.clear()
        _written[value] = out
    return out


def read_long(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it.

    Raises:
        IndexError: the bytes end before it does.
        OverflowError: it has more than 64 bits.
    """
    byte = data[at]
    start, at = at, at + 1
    if byte < _SEVEN:
        return (byte >> 1) ^ -(byte & 1), at
    if data[at] >= _SEVEN:
        known = _read.get(data[start : start + _MOMENT])
        if known is not None:
            return known, start + _MOMENT
    found, shift = byte & 0x7F, 7
    while byte >= _SEVEN:
        if shift >= _BITS:
            raise OverflowError(at)
        byte = data[at]
        at += 1
        found |= (byte & 0x7F) << shift
        shift += 7
    if found >> _BITS:
        raise OverflowError(found)
    value = (found >> 1) ^ -(found & 1)
    if at - start == _MOMENT:
        if len(_read) >= _REMEMBERED:
            _read.clear()
        _read[data[start:at]] = value
    return value, at
