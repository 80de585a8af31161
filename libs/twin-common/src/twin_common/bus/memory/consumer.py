"""A group member on the memory bus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from twin_common.bus.client import ClosingClient
from twin_common.bus.memory.broker import Broker
from twin_common.bus.memory.group import Member
from twin_common.bus.types import AssignmentHook, Offset, Record, Start, Subscription, TopicPartition
from twin_common.errors import BusError, CommitFenced

_FIRST_CHECK_S = 0.05


class MemoryConsumer(ClosingClient):
    """`twin_common.bus.api.Consumer` in memory."""

    def __init__(self, broker: Broker, subscription: Subscription) -> None:
        self._broker = broker
        self._subscription = subscription
        self._group = broker.group(subscription.group)
        self._member = self._enter()
        self._held: frozenset[TopicPartition] = frozenset()
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._generation = -1
        self._turn = 0
        self._closed = False

    def _enter(self) -> Member:
        wanted = self._subscription
        member = self._group.enter(wanted.topics, wanted.instance_id, wanted.session_timeout_ms)
        self._broker.ring()
        return member

    @property
    def session_timeout_ms(self) -> int:
        """The session time-out that holds."""
        return self._subscription.session_timeout_ms

    async def poll(self, max_records: int = 500, timeout: float = 0.1) -> list[Record]:
        """The next records; runs the hooks when the group changes."""
        if self._closed:
            raise BusError(f"the consumer of {self._subscription.group} is closed")
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            if await self._settled() and (found := self._take(max_records)):
                await asyncio.sleep(0)
                return found
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                await asyncio.sleep(0)
                return []
            # A departed static member's session ends by the clock, which rings no bell: look now and then.
            await self._broker.changed(min(left, _FIRST_CHECK_S))

    async def _settled(self) -> bool:
        """Follow the group into its present generation; False while others still have to."""
        self._group.expire()
        if not self._group.is_current(self._member):
            await self._revoke()
            self._member = self._enter()
        if self._generation == self._group.generation:
            return True
        if self._member.joined != self._group.generation:
            await self._revoke()
        if not self._group.join(self._member, self._broker.partition_counts()):
            self._broker.ring()
            return False
        self._broker.ring()
        self._generation = self._group.generation
        self._held = self._member.assigned
        for tp in self._held:
            stored = self._group.committed.get(tp)
            self._positions[tp] = self._beginning(tp) if stored is None else stored.offset
        await self._hook(self._subscription.on_assigned, self._held)
        return self._generation == self._group.generation

    def _beginning(self, tp: TopicPartition) -> int:
        log = self._broker.log(tp)
        return log.start if self._subscription.start is Start.EARLIEST else log.end

    async def _revoke(self) -> None:
        held, self._generation = self._held, -1
        try:
            if held:
                await self._hook(self._subscription.on_revoked, held)
        finally:
            self._held = frozenset()
            self._positions.clear()
            self._paused.clear()

    async def _hook(self, hook: AssignmentHook | None, partitions: frozenset[TopicPartition]) -> None:
        if hook is not None:
            await hook(self, partitions)

    def _take(self, limit: int) -> list[Record]:
        """Up to `limit` records, the partitions taking turns to be first."""
        order = sorted(self._held - self._paused)
        self._turn += 1
        found: list[Record] = []
        for index in range(len(order)):
            tp = order[(index + self._turn) % len(order)]
            if len(found) >= limit or tp.topic not in self._broker.topics:
                continue
            log = self._broker.log(tp)
            if not log.start <= self._positions[tp] <= log.end:
                self._positions[tp] = self._beginning(tp)
            batch, self._positions[tp] = log.read(self._positions[tp], limit - len(found))
            found += batch
        return found

    async def commit(self, offsets: Mapping[TopicPartition, Offset]) -> None:
        """Store the group's progress."""
        lost = set(offsets) - self._held
        if lost or (offsets and not self._group.is_current(self._member)):
            names = ", ".join(f"{tp.topic}[{tp.partition}]" for tp in sorted(lost or offsets))
            raise CommitFenced(f"committing {names}: not held by this member any more")
        self._group.commit(offsets)
        await asyncio.sleep(0)

    async def committed(self, tp: TopicPartition) -> Offset | None:
        """The group's stored progress."""
        return self._group.committed.get(tp)

    async def position(self, tp: TopicPartition) -> int:
        """The offset that `poll` delivers next."""
        self._check_held(tp)
        return self._positions[tp]

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions held now."""
        return self._held

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Deliver from `offset` next."""
        self._check_held(tp)
        if offset < 0:
            raise ValueError(f"offset {offset} is negative")
        self._positions[tp] = offset

    def pause(self, *tps: TopicPartition) -> None:
        """Deliver nothing of these until `resume`."""
        for tp in tps:
            self._check_held(tp)
        self._paused.update(tps)

    def resume(self, *tps: TopicPartition) -> None:
        """Deliver these again."""
        self._paused.difference_update(tps)
        self._broker.ring()

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record."""
        return {tp: self._broker.log(tp).end for tp in tps}

    def _check_held(self, tp: TopicPartition) -> None:
        if tp not in self._held:
            raise ValueError(f"{tp.topic}[{tp.partition}] isn't held by this member")

    async def leave(self) -> None:
        """Close and give the partitions up at once."""
        await self._end(for_good=True)

    async def close(self) -> None:
        """Run `on_revoked` for what is held, then stop."""
        await self._end(for_good=not self._member.static)

    async def _end(self, *, for_good: bool) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._revoke()
        finally:
            if for_good:
                self._group.remove(self._member)
            else:
                self._group.depart(self._member)
            self._broker.ring()

    def vanish(self) -> None:
        """End this member's session without a word, as when its process is killed and its session has run
        out.
        """
        self._closed = True
        self._group.remove(self._member)
        self._broker.ring()
