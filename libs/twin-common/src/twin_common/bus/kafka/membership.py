"""What a group's coordinator says of one of its members."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from twin_common.bus.types import Membership

_LOOK_AGAIN_S = 0.05


class Heartbeats:
    """Keeps when a coordinator last confirmed a member; aiokafka's own note of it can't be read.

    Args:
        coordinator: of a consumer that has begun.
    """

    def __init__(self, coordinator: Any) -> None:
        self._coordinator, self._beat = coordinator, coordinator._do_heartbeat  # noqa: SLF001 (there is no public one)
        coordinator._do_heartbeat = self._noted  # noqa: SLF001
        self._member = ""
        self._ended = False
        self._known = Membership(0, 0)

    @property
    def known(self) -> Membership | None:
        """By its last answer; None: this is no member."""
        is_member = not self._ended and self._member and self._coordinator.member_id == self._member
        return self._known if is_member else None

    def joined(self) -> None:
        """The group has assigned partitions. Whoever has lost its session comes back under another id."""
        now_ns = time.monotonic_ns()
        since_ns = self._known.since_ns if self._coordinator.member_id == self._member else now_ns
        self._member, self._known = self._coordinator.member_id, Membership(since_ns, now_ns)

    async def confirm(self) -> Membership | None:
        """By an answer that was asked for from now on; waits for it as long as no broker can be reached.

        It asks nothing itself: in the middle of a rebalance the answer would cost the member its place.
        """
        asked_ns = time.monotonic_ns()
        while (known := self.known) is not None and known.confirmed_ns < asked_ns:  # noqa: ASYNC110 (of what aiokafka's own task hears, nobody is told)
            await asyncio.sleep(_LOOK_AGAIN_S)
        return known

    def end(self) -> None:
        """The member leaves."""
        self._ended = True

    async def _noted(self) -> bool:
        asked_ns, member = time.monotonic_ns(), self._coordinator.member_id
        confirmed = bool(await self._beat())
        if confirmed and member == self._member:
            self._known = Membership(self._known.since_ns, asked_ns)
        return confirmed
