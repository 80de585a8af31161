"""What a group's coordinator says of one of its members."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka.errors import KafkaError

from twin_common.bus.types import Membership

_ASK_AGAIN_S = 0.1


class Heartbeats:
    """Keeps when a coordinator last confirmed a member; aiokafka's own note of it can't be read.

    Args:
        coordinator: of a consumer that has begun.
    """

    def __init__(self, coordinator: Any) -> None:
        self._coordinator, self._beat = coordinator, coordinator._do_heartbeat  # noqa: SLF001 (there is no public one)
        coordinator._do_heartbeat = self._noted  # noqa: SLF001
        self._member = ""
        self._known = Membership(0, 0)

    @property
    def known(self) -> Membership | None:
        """By its last answer; None: this is no member."""
        return self._known if self._member and self._coordinator.member_id == self._member else None

    def joined(self) -> None:
        """The group has assigned partitions. Whoever has lost its session comes back under another id."""
        now_ns = time.monotonic_ns()
        since_ns = self._known.since_ns if self._coordinator.member_id == self._member else now_ns
        self._member, self._known = self._coordinator.member_id, Membership(since_ns, now_ns)

    async def confirm(self) -> Membership | None:
        """By an answer that was asked for now; waits for it as long as no broker can be reached."""
        while self.known is not None:
            try:
                await self._coordinator.ensure_coordinator_known()
                if self.known is not None and await self._noted():
                    return self.known
            except KafkaError:
                return None
            await asyncio.sleep(_ASK_AGAIN_S)
        return None

    def end(self) -> None:
        """The member leaves."""
        self._member = ""

    async def _noted(self) -> bool:
        asked_ns, member = time.monotonic_ns(), self._coordinator.member_id
        confirmed = bool(await self._beat())
        if confirmed and member == self._member:
            self._known = Membership(self._known.since_ns, asked_ns)
        return confirmed
