"""Time as something that is handed in, so that nothing depends on the wall clock behind our back.

All times are int nanoseconds since the Unix epoch. A clock reads the wall once, when it is made, and from
then on adds monotonic time: it never jumps or goes back when the host's clock is set.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import Protocol

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """What a service knows of time."""

    @property
    def anchor_ns(self) -> int:
        """Wall-clock time minus monotonic time at the moment of making, in ns; constant."""
        ...

    def now_ns(self) -> int:
        """Time since the Unix epoch in ns: `anchor_ns + monotonic_ns()`. Never goes back."""
        ...

    def monotonic_ns(self) -> int:
        """Monotonic time in ns; only differences mean anything."""
        ...

    async def sleep_until(self, at_ns: int) -> None:
        """Return at or after `at_ns` (as `now_ns` counts); at once when that has passed, after yielding
        once.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock's time."""
        ...


class SystemClock:
    """The host's clock, anchored when made."""

    __slots__ = ("_anchor_ns",)

    def __init__(self) -> None:
        self._anchor_ns = time.time_ns() - time.monotonic_ns()

    @property
    def anchor_ns(self) -> int:
        """Wall-clock time minus monotonic time when this clock was made, in ns."""
        return self._anchor_ns

    def now_ns(self) -> int:
        """Time since the Unix epoch in ns."""
        return self._anchor_ns + time.monotonic_ns()

    def monotonic_ns(self) -> int:
        """The host's monotonic time in ns."""
        return time.monotonic_ns()

    async def sleep_until(self, at_ns: int) -> None:
        """Sleep until `now_ns() >= at_ns`."""
        # An event loop's timer may fire a little early (its resolution is coarser than ours), hence the loop.
        while (left_ns := at_ns - self.now_ns()) > 0:  # noqa: ASYNC110 (nothing but time is waited for)
            await asyncio.sleep(left_ns / NS_PER_S)
        await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`."""
        await self.sleep_until(self.now_ns() + round(seconds * NS_PER_S))


class ManualClock:
    """A clock that moves only when told, for tests: sleepers wake in the order of their times."""

    def __init__(self, start_ns: int = 1_700_000_000 * NS_PER_S) -> None:
        self._anchor_ns = start_ns
        self._monotonic_ns = 0
        self._sleepers: list[tuple[int, int, asyncio.Event]] = []
        self._count = 0

    @property
    def anchor_ns(self) -> int:
        """The time that the clock was started with, in ns."""
        return self._anchor_ns

    def now_ns(self) -> int:
        """The time as it was last set, in ns since the Unix epoch."""
        return self._anchor_ns + self._monotonic_ns

    def monotonic_ns(self) -> int:
        """Time advanced since the start, in ns."""
        return self._monotonic_ns

    @property
    def sleepers(self) -> int:
        """How many tasks wait for this clock to move."""
        return len(self._sleepers)

    async def sleep_until(self, at_ns: int) -> None:
        """Wait until the clock has been moved to `at_ns`."""
        if at_ns > self.now_ns():
            woken = asyncio.Event()
            self._count += 1
            entry = (at_ns, self._count, woken)
            heapq.heappush(self._sleepers, entry)
            try:
                await woken.wait()
            finally:
                if not woken.is_set():
                    self._sleepers.remove(entry)
                    heapq.heapify(self._sleepers)
        await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved by `seconds`."""
        await self.sleep_until(self.now_ns() + round(seconds * NS_PER_S))

    async def advance(self, seconds: float) -> None:
        """Move the clock by `seconds`, stopping at each sleeper's time on the way so that it sees that
        time.
        """
        await self.advance_to(self.now_ns() + round(seconds * NS_PER_S))

    async def advance_to(self, at_ns: int) -> None:
        """Move the clock to `at_ns`.

        Raises:
            ValueError: `at_ns` is in the past of this clock.
        """
        if at_ns < self.now_ns():
            raise ValueError(f"a clock can't go back: it shows {self.now_ns()} ns, asked for {at_ns} ns")
        while self._sleepers and self._sleepers[0][0] <= at_ns:
            due_ns, _, woken = heapq.heappop(self._sleepers)
            self._monotonic_ns = max(due_ns, self.now_ns()) - self._anchor_ns
            woken.set()
            for _ in range(5):  # let the sleeper run and perhaps sleep again before time moves on
                await asyncio.sleep(0)
        self._monotonic_ns = at_ns - self._anchor_ns
        await asyncio.sleep(0)
