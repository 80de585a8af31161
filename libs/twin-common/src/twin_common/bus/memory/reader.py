"""Reading chosen partitions of the memory bus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from twin_common.bus.memory.broker import Broker
from twin_common.bus.scan import ScanningReader
from twin_common.bus.types import Record, TopicPartition
from twin_common.errors import OffsetUnavailable


class MemoryReader(ScanningReader):
    """`twin_common.bus.api.Reader` in memory."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self._broker = broker
        self._positions: dict[TopicPartition, int] = {}

    async def partitions(self, topic: str) -> tuple[TopicPartition, ...]:
        """All partitions of a topic."""
        return tuple(TopicPartition(topic, number) for number in range(len(self._broker.topic(topic).logs)))

    async def assign(self, *tps: TopicPartition) -> None:
        """Read exactly these from now on."""
        held = set(self._positions)
        stands = {tp: await self.position(tp) if tp in held else self._broker.log(tp).start for tp in tps}
        self._positions.clear()
        self._waiting.clear()
        self._positions.update(stands)

    async def read_from(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read exactly these from now on."""
        logs = {tp: self._broker.log(tp) for tp in starts}
        self._positions.clear()
        self._waiting.clear()
        for tp, log in logs.items():
            self._positions[tp] = starts[tp] if log.start <= starts[tp] <= log.end else log.start

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        """Read from `offset` next."""
        self._check(tp)
        log = self._broker.log(tp)
        if not log.start <= offset <= log.end:
            raise OffsetUnavailable(
                f"{tp.topic}[{tp.partition}] holds offsets {log.start} to {log.end - 1}, not {offset}"
            )
        self._move(tp, offset)

    async def seek_to_beginning(self, *tps: TopicPartition) -> None:
        """Read from the oldest record next."""
        for tp in tps or self._assigned():
            self._check(tp)
            self._move(tp, self._broker.log(tp).start)

    async def seek_to_end(self, *tps: TopicPartition) -> None:
        """Read from behind the newest record next."""
        for tp in tps or self._assigned():
            self._check(tp)
            self._move(tp, self._broker.log(tp).end)

    async def beginning_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The oldest offset still held."""
        return {tp: self._broker.log(tp).start for tp in tps}

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record."""
        return {tp: self._broker.log(tp).end for tp in tps}

    async def offsets_at(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first record of at least a time in each partition."""
        return {tp: self._broker.log(tp).at_time(time_ms) for tp, time_ms in times.items()}

    async def _fetch(self, tps: Iterable[TopicPartition], limit: int, timeout: float) -> list[Record]:
        wanted = sorted(tps or self._positions)
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            found: list[Record] = []
            for tp in wanted:
                if len(found) < limit:
                    batch, position = self._broker.log(tp).read(self._positions[tp], limit - len(found))
                    self._positions[tp] = position
                    found += batch
            left = deadline - asyncio.get_running_loop().time()
            if found or left <= 0:
                await asyncio.sleep(0)
                return found
            await self._broker.changed(left)

    async def _position(self, tp: TopicPartition) -> int:
        return self._positions[tp]

    def _assigned(self) -> tuple[TopicPartition, ...]:
        return tuple(sorted(self._positions))

    def _move(self, tp: TopicPartition, offset: int) -> None:
        self._forget(tp)
        self._positions[tp] = offset

    async def close(self) -> None:
        """Stop reading."""
        self._positions.clear()
