"""Whether the brokers answer and the followers keep up: what `/ready` rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from api_gateway.adapters.following import Follower
from api_gateway.adapters.sending import Sender
from twin_common.bus.api import Admin, Bus
from twin_common.bus.types import TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BusError, Retryable
from twin_common.health import Health

_EVERY_S = 2.0
_PATIENCE_S = 4.0


class Pulse:
    """Asks the brokers for the ends of what is followed, again and again; `run` has to run beside its use.

    Args:
        bus: asked.
        followers: by the name that health knows them by.
        sender: is told whether brokers answer.
        health: is told who isn't ready, and why.
        clock: for the pauses.
    """

    def __init__(
        self, bus: Bus, followers: Mapping[str, Follower], sender: Sender, health: Health, clock: Clock
    ) -> None:
        self._bus, self._followers, self._sender = bus, followers, sender
        self._health, self._clock = health, clock
        self._ends: dict[str, Mapping[TopicPartition, int]] = {}
        for name in followers:
            health.not_ready(name, "hasn't caught up yet")

    async def run(self) -> None:
        """Feel it, for ever."""
        for name, follower in self._followers.items():
            await follower.begun.wait()
            await follower.caught_up.wait()
            self._health.ready(name)
        while True:
            try:
                async with await self._bus.admin() as admin:
                    while True:
                        await self._beat(admin)
                        await self._clock.sleep(_EVERY_S)
            except (Retryable, BusError, TimeoutError) as error:
                self._lost(str(error) or "no broker answers")
                await self._clock.sleep(_EVERY_S / 4)

    async def _beat(self, admin: Admin) -> None:
        """A follower is behind when it hasn't come to where the end was one beat ago."""
        for name, follower in self._followers.items():
            before = self._ends.get(name, {})
            behind = sum(max(0, end - follower.positions.get(tp, 0)) for tp, end in before.items())
            async with asyncio.timeout(_PATIENCE_S):
                self._ends[name] = await admin.end_offsets(follower.positions)
            if behind:
                self._health.not_ready(name, f"{behind} records behind")
            else:
                self._health.ready(name)
            self._health.progress("pulse")
        self._sender.connected = True

    def _lost(self, why: str) -> None:
        self._sender.connected = False
        for name in self._followers:
            self._health.not_ready(name, why)
        self._health.progress("pulse")
