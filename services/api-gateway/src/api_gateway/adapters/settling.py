"""Waiting until the read model knows what another process has just seen written."""

from __future__ import annotations

import asyncio

from api_gateway.adapters.following import Follower
from twin_common.bus.api import Admin, Bus
from twin_common.errors import BusError, Retryable

_PATIENCE_S = 0.5
_PAUSE_S = 0.002


class Settling:
    """Asks the brokers where the followed topics end, and waits until the follower is there.

    Those who ask while that goes on share the next round: however many ask, the brokers are asked once at a time.
    """

    def __init__(self, bus: Bus, follower: Follower) -> None:
        self._bus, self._follower = bus, follower
        self._admin: Admin | None = None
        self._round = asyncio.Lock()
        self._begun = 0

    async def settle(self) -> None:
        """Return once everything that was written before the call is known; sooner when brokers are slow."""
        waits_for = self._begun + 1  # a round that begins from now on has asked after this call
        try:
            async with asyncio.timeout(_PATIENCE_S), self._round:
                if self._begun >= waits_for:
                    return
                self._begun += 1
                await self._reach()
        except (Retryable, BusError, TimeoutError):
            return

    async def _reach(self) -> None:
        if self._admin is None:
            self._admin = await self._bus.admin()
        try:
            ends = await self._admin.end_offsets(self._follower.positions)
        except (Retryable, BusError):
            await self.close()
            raise
        while any(self._follower.positions[tp] < end for tp, end in ends.items()):  # noqa: ASYNC110 (rare and short)
            await asyncio.sleep(_PAUSE_S)

    async def close(self) -> None:
        """Disconnect."""
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()
