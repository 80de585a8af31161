"""Mutations of bytes that know nothing of what they mean, apart from a list of words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

MAX_BYTES = 64_000
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_BYTES = (0, 1, 0x0A, 0x20, 0x22, 0x7F, 0x80, 0xC0, 0xFE, 0xFF)
_NUMBERS = (
    b"0", b"-1", b"1e999", b"-0.0", b"9223372036854775807", b"-9223372036854775808", b"18446744073709551616",
    b"1e308", b"5e-324", b"NaN", b"Infinity", b"-inf", b"1_0", b"0x7f", b"1" * 5000, b"0." + b"3" * 400,
)  # fmt: skip
_VARINTS = (
    b"\x01", b"\x7f", b"\x80\x01", b"\xff\xff\xff\xff\x0f", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80" * 12, b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02",
)  # fmt: skip
_OPENING = (b"[", b"{", b"(", b'{"a":', b"[[", b"- ", b'"', b"<", b"&a ", b"%")

Change = Callable[[random.Random, bytes], bytes]


def mutated(rng: random.Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """The input with one to six changes, most often few."""
    for _ in range(min(rng.randint(1, 6), rng.randint(1, 6))):
        if words and rng.random() < 0.25:
            data = _put(rng, data, rng.choice(words), over=rng.random() < 0.5)
        elif others and rng.random() < 0.1:
            data = _spliced(rng, data, rng.choice(others))
        else:
            data = rng.choice(_CHANGES)(rng, data)
    return data[:MAX_BYTES]


def _put(rng: random.Random, data: bytes, piece: bytes, *, over: bool) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + piece + data[at + (len(piece) if over else 0) :]


def _spliced(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def _flip(rng: random.Random, data: bytes) -> bytes:
    if not data:
        return b"\0"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _byte(rng: random.Random, data: bytes) -> bytes:
    value = rng.choice(_BYTES) if rng.random() < 0.5 else rng.randrange(256)
    return _put(rng, data, bytes([value]), over=True)


def _varint(rng: random.Random, data: bytes) -> bytes:
    return _put(rng, data, rng.choice(_VARINTS), over=rng.random() < 0.5)


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randint(0, len(data))]


def _lose(rng: random.Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + data[at + rng.randint(1, 16) :]


def _repeat(rng: random.Random, data: bytes) -> bytes:
    begin = rng.randint(0, len(data))
    piece = data[begin : begin + rng.randint(1, 64)]
    times = rng.choice((2, 3, 10, 100, 1000))
    return data[:begin] + piece * times + data[begin:]


def _number(rng: random.Random, data: bytes) -> bytes:
    places = list(_NUMBER.finditer(data))
    if not places:
        return _byte(rng, data)
    place = rng.choice(places)
    return data[: place.start()] + rng.choice(_NUMBERS) + data[place.end() :]


def _nest(rng: random.Random, data: bytes) -> bytes:
    return _put(rng, data, rng.choice(_OPENING) * rng.choice((2, 50, 2000, 20_000)), over=False)


def _noise(rng: random.Random, data: bytes) -> bytes:
    return _put(rng, data, rng.randbytes(rng.randint(1, 32)), over=rng.random() < 0.5)


_CHANGES: tuple[Change, ...] = (
    _flip, _flip, _flip, _byte, _byte, _varint, _cut, _lose, _lose, _repeat, _number, _number, _nest, _noise,
)  # fmt: skip
