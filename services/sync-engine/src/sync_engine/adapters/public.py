"""Writes outward: public predictions and status. What can't be written there is dropped and said, never
waited for.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sync_engine.domain.publication import NEVER, Identity
from twin_common.bus.api import Bus, Producer, Reader
from twin_common.clock import Clock
from twin_common.errors import TopicMissing, TwinError
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record
from twin_schemas.records import CommandRefused, SyncStatus, TwinPrediction

_ASK_AGAIN_NS: Final = 5_000_000_000


class KafkaPublic:
    """`sync_engine.domain.ports.Public` on the bus."""

    def __init__(self, bus: Bus, prefix: str, clock: Clock) -> None:
        """Begin unopened.

        Args:
            bus: opens clients.
            prefix: begins every topic's name.
            clock: for how long a topic is taken for missing.
        """
        self._bus, self._prefix, self._clock = bus, prefix, clock
        self._producer: Producer | None = None
        self._missing_until: dict[str, int] = {}

    async def open(self) -> None:
        """Open the producer."""
        self._producer = await self._bus.producer()

    async def close(self) -> None:
        """Write what was posted, then release the producer."""
        if self._producer is not None:
            await self._producer.close()

    async def newest(self, names: Mapping[str, str]) -> dict[str, tuple[Identity, int]]:
        """Identity and record time (ms) of the newest public prediction, by twin id; none: there is no
        such record.
        """
        found: dict[str, tuple[Identity, int]] = {}
        if not names:
            return found
        async with await self._bus.reader() as reader:
            for twin, name in names.items():
                newest = await self._newest(reader, f"{self._prefix}.{name}")
                if newest is not None:
                    found[twin] = newest
        return found

    async def _newest(self, reader: Reader, topic: str) -> tuple[Identity, int] | None:
        try:
            (tp, *_) = await reader.partitions(topic)
            await reader.assign(tp)
        except TopicMissing:
            return None
        end, first = (await reader.end_offsets([tp]))[tp], (await reader.beginning_offsets([tp]))[tp]
        if end <= first:
            return None
        await reader.seek(tp, end - 1)
        identity, at_ms = NEVER, 0
        async for record in reader.read_to_end(tp):
            try:
                prediction = codec.decode(record.value or b"")
            except SchemaError:
                continue
            if isinstance(prediction, TwinPrediction):
                identity = max(identity, (prediction.incarnation, prediction.offset))
                at_ms = record.timestamp_ms
        return identity, at_ms

    async def prediction(self, prediction: TwinPrediction) -> str | None:
        """Publish a prediction on its twin's topic."""
        topic = f"{self._prefix}.{prediction.name}"
        return await self._post(topic, prediction.twin.encode(), prediction, partition=0)

    async def status(self, status: SyncStatus) -> str | None:
        """Hand a status over."""
        return await self._post(f"{self._prefix}.twin.status", f"{status.twin}/sync".encode(), status)

    async def refused(self, refused: CommandRefused, headers: Sequence[tuple[str, bytes]]) -> str | None:
        """Tell the sender of a command that it isn't taken; returns when that is acknowledged."""
        assert self._producer is not None
        topic = f"{self._prefix}.control.events"
        try:
            await self._producer.send(
                topic, value=codec.encode(refused), key=refused.twin.encode(), headers=tuple(headers)
            )
        except TwinError:
            return "bus_refused"
        return None

    async def _post(self, topic: str, key: bytes, record: Record, partition: int | None = None) -> str | None:
        if self._missing_until and self._clock.monotonic_ns() < self._missing_until.get(topic, 0):
            return "topic_missing"
        assert self._producer is not None
        try:
            await self._producer.post(topic, value=codec.encode(record), key=key, partition=partition)
        except TopicMissing:  # asking takes the broker's time: not for every record
            self._missing_until[topic] = self._clock.monotonic_ns() + _ASK_AGAIN_NS
            return "topic_missing"
        except TwinError:
            return "bus_refused"
        return None
