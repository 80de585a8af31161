"""Follows topics for ever, across broker absences, and knows whether it is up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable, OffsetUnavailable, TopicMissing
from twin_common.logs import get_logger

_POLL_S = 0.5
_SHORT_S = 0.05
_BATCH = 1000
_PAUSE_S = 0.5
_log = get_logger(__name__)

Apply = Callable[[Record], None]


class Follower:
    """Gives every record of some partitions to a callback: from the beginning, or only what is new.

    Args:
        bus: opens the reader.
        apply: takes each record; must not raise.
        clock: for the pause while no broker answers.
        from_end: begin behind the newest record instead of at the oldest.
    """

    def __init__(self, bus: Bus, apply: Apply, clock: Clock, *, from_end: bool = False) -> None:
        self._bus, self._apply, self._clock, self._from_end = bus, apply, clock, from_end
        self._next: dict[TopicPartition, int] = {}
        self._targets: dict[TopicPartition, int] | None = None
        self.begun = asyncio.Event()
        """Set once the place in every partition is known: what is written from now on is seen."""
        self.caught_up = asyncio.Event()
        """Set once everything that was there when it began has been given."""

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The offset that is read next, by partition."""
        return self._next

    async def run(self, topics: Mapping[str, tuple[int, ...] | None]) -> None:
        """Follow these partitions (None: all) of these topics, for ever.

        Raises:
            TopicMissing: one of them doesn't exist. A broker that has just come back may not know its topics yet, so
                what was there before is waited for.
        """
        while True:
            try:
                async with await self._bus.reader() as reader:
                    await self._place(reader, topics)
                    await self._read(reader)
            except (BrokerUnreachable, TopicMissing) as error:
                if isinstance(error, TopicMissing) and not self.begun.is_set():
                    raise
                _log.warning("no broker answers, trying again", error=str(error))
                await self._clock.sleep(_PAUSE_S)

    async def _place(self, reader: Reader, topics: Mapping[str, tuple[int, ...] | None]) -> None:
        wanted: list[TopicPartition] = []
        for topic, chosen in topics.items():
            if chosen is None:
                wanted.extend(await reader.partitions(topic))
            else:
                wanted.extend(TopicPartition(topic, number) for number in chosen)
        await reader.assign(*wanted)
        if self._from_end and not self._next:
            await reader.seek_to_end()
        for tp in wanted:
            if tp in self._next:
                try:
                    await reader.seek(tp, self._next[tp])
                except OffsetUnavailable:
                    await reader.seek_to_beginning(tp)
            self._next[tp] = await reader.position(tp)
        if not self.caught_up.is_set():
            self._targets = await reader.end_offsets(wanted)
        self.begun.set()

    async def _read(self, reader: Reader) -> None:
        while True:
            if self._targets is not None and await self._reached(reader, self._targets):
                self._targets = None
                self.caught_up.set()
            found = await reader.poll(_BATCH, _POLL_S if self._targets is None else _SHORT_S)
            for record in found:
                self._apply(record)
                self._next[record.tp] = record.offset + 1
            if not found:
                for tp in self._next:  # what ends in records that aren't delivered is behind us as well
                    self._next[tp] = await reader.position(tp)

    async def _reached(self, reader: Reader, targets: Mapping[TopicPartition, int]) -> bool:
        for tp, end in targets.items():
            self._next[tp] = max(self._next[tp], await reader.position(tp))
            if self._next[tp] < end:
                return False
        return True
