"""Identifiers: UUIDv7 (RFC 9562), which sort by the time of their making."""

from __future__ import annotations

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7(now_ns: int | None = None) -> str:
    """A new UUIDv7 in its canonical text form.

    The 48-bit millisecond time stamp is followed by a 12-bit fraction of the millisecond and 62 random bits.
    Ids made in one process without `now_ns` are strictly increasing, also as text.

    Args:
        now_ns: time to stamp it with, in ns since the Unix epoch; the host's time when None.
    """
    global _last
    if now_ns is not None:
        return _format(_stamp(now_ns))
    with _lock:
        _last = max(_last + 1, _stamp(time.time_ns()))
        return _format(_last)


def _stamp(now_ns: int) -> int:
    """Milliseconds (48 bits) and 1/4096ths of a millisecond (12 bits) as one integer."""
    millis, rest_ns = divmod(now_ns, 1_000_000)
    return (millis << 12) | (rest_ns * 4096 // 1_000_000)


def _format(stamp: int) -> str:
    random = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    value = ((stamp >> 12) & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0x2 << 62 | random
    return str(uuid.UUID(int=value))
