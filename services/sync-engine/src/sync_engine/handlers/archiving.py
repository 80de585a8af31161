"""The archivist: reads every journal once, behind everybody else, and keeps it beyond the broker's retention."""

import asyncio
from typing import Final

from sync_engine.handlers.expiry import Expiry
from sync_engine.handlers.sealing import Sealer
from twin_common.bus.api import Bus, Consumer
from twin_common.bus.types import Subscription
from twin_common.clock import NS_PER_S, Clock
from twin_common.errors import Retryable, StoreRefused, TwinError
from twin_common.health import Health
from twin_common.logs import get_logger

_POLL_S: Final = 0.2
_BATCH: Final = 2000
_AGAIN_S: Final = 1.0
_SWEEP_NS: Final = 600 * NS_PER_S
_log = get_logger(__name__)


class Archivist:
    """One member of the group that seals journals.

    Args:
        bus: the broker.
        subscription: to the journal, with the hooks of `sealer`.
        sealer: seals.
        expiry: deletes.
        mark_ns: how often marks are noted.
        clock: tells the time.
        health: is told of progress.
    """

    def __init__(
        self,
        bus: Bus,
        subscription: Subscription,
        sealer: Sealer,
        expiry: Expiry,
        mark_ns: int,
        clock: Clock,
        health: Health,
    ) -> None:
        self._bus, self._subscription, self._sealer, self.expiry = bus, subscription, sealer, expiry
        self._mark_ns, self._clock, self._health = mark_ns, clock, health
        self._marked_ns = self._swept_ns = clock.monotonic_ns()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        await self._sealer.open()
        try:
            while not stop.is_set():
                try:
                    await self._member(stop)
                except Retryable as reason:
                    _log.warning("taking the journals over again", reason=str(reason))
                    self._health.progress("archive")
                    await self._clock.sleep(_AGAIN_S)
        finally:
            await self._sealer.close()

    async def _member(self, stop: asyncio.Event) -> None:
        self._sealer.held.clear()
        consumer = await self._bus.consumer(self._subscription)
        try:
            self._health.ready()
            while not stop.is_set():
                self._sealer.take(consumer, await consumer.poll(_BATCH, _POLL_S))
                self._health.progress("archive")
                await self._sealer.seal_due(consumer)
                await self._keep_house(consumer)
            await self._sealer.mark()
            await consumer.leave()
        finally:
            await self._close(consumer)

    async def _close(self, consumer: Consumer) -> None:
        try:
            await consumer.close()
        except TwinError as error:
            _log.warning("closing", reason=str(error))

    async def _keep_house(self, consumer: Consumer) -> None:
        now = self._clock.monotonic_ns()
        if now - self._marked_ns >= self._mark_ns:
            self._marked_ns = now
            await self._sealer.mark()
            await self._sealer.measure(consumer)
        if now - self._swept_ns >= _SWEEP_NS:
            self._swept_ns = now
            try:
                deleted = await self.expiry.sweep({tp.partition for tp in self._sealer.held})
            except (Retryable, StoreRefused) as error:
                _log.warning("deleting waits", reason=str(error))
            else:
                if deleted:
                    _log.info("deleted what is kept no longer", count=deleted)
