"""Lets a service's clock run faster than the host's: Python loads this first when the folder is on its path.

All processes with the same `SOAK_EPOCH_NS` and `SOAK_SPEED` agree on the time.
"""

import asyncio
import os
import time

from sync_engine.handlers import ticker
from twin_common import clock
from twin_common.bus.kafka.sender import PacedSender

_EPOCH_NS = int(os.environ["SOAK_EPOCH_NS"])
_SPEED = int(os.environ["SOAK_SPEED"])
_WALL_NS = time.time_ns() - time.monotonic_ns()
_NS_PER_S = 1_000_000_000


class FastClock(clock.SystemClock):
    """So many times the host's clock, and equal to it at the epoch."""

    __slots__ = ()

    @property
    def anchor_ns(self) -> int:
        return _EPOCH_NS + (_WALL_NS - _EPOCH_NS) * _SPEED

    def now_ns(self) -> int:
        return self.anchor_ns + self.monotonic_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns() * _SPEED

    async def sleep_until(self, at_ns: int) -> None:
        while (left_ns := at_ns - self.now_ns()) > 0:  # noqa: ASYNC110 (nothing but time is waited for)
            await asyncio.sleep(left_ns / _NS_PER_S / _SPEED)
        await asyncio.sleep(0)


clock.SystemClock = FastClock  # type: ignore[misc]
ticker._NS_PER_MS *= _SPEED  # noqa: SLF001 (its timer is the event loop's)

# What is said of a client of the broker is compared with the clock, too.
_since_ns = PacedSender._since_ns  # noqa: SLF001
PacedSender._since_ns = staticmethod(lambda batch: _since_ns(batch) * _SPEED)  # type: ignore[method-assign] # noqa: SLF001
