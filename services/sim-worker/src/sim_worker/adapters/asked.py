"""Reads sim.requests on the partitions that this worker holds, whichever those are just now."""

import logging
from collections.abc import Awaitable, Callable, Collection

from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BusError, Retryable

log = logging.getLogger(__name__)

_POLL_S = 0.05
_PAUSE_S = 0.5
_LOOK_BACK_MS = 30_000

OnRequest = Callable[[Record], Awaitable[None]]


class RequestFeed:
    """Gives each request on a held partition to a callback: those asked lately when the partition comes, and then
    as they come.
    """

    def __init__(
        self, bus: Bus, topic: str, held: Callable[[], Collection[int]], on_request: OnRequest, clock: Clock
    ) -> None:
        """Read `topic` on the partitions that `held` names at the moment."""
        self._bus, self._topic, self._held, self._on_request = bus, topic, held, on_request
        self._clock = clock

    async def run(self) -> None:
        """Read, for ever, across absences of the broker."""
        since_ms = self._clock.now_ns() // 1_000_000 - _LOOK_BACK_MS
        while True:
            try:
                async with await self._bus.reader() as reader:
                    await self._read(reader, since_ms)
            except (Retryable, BusError) as error:
                log.warning("reading %s: %s; trying again", self._topic, error)
                since_ms = self._clock.now_ns() // 1_000_000
                await self._clock.sleep(_PAUSE_S)

    async def _read(self, reader: Reader, since_ms: int) -> None:
        reading: set[int] = set()
        while True:
            wanted = set(self._held())
            if wanted != reading:
                await reader.assign(*(TopicPartition(self._topic, number) for number in wanted))
                for number in wanted - reading:
                    lately = max(since_ms, self._clock.now_ns() // 1_000_000 - _LOOK_BACK_MS)
                    await reader.seek_to_time(TopicPartition(self._topic, number), lately)
                reading = wanted
            if not reading:
                await self._clock.sleep(_POLL_S)
                continue
            for record in await reader.poll(timeout=_POLL_S):
                await self._on_request(record)
