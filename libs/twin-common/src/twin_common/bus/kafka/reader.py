"""Reading chosen partitions of Kafka, without a group."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition as KafkaPartition

from twin_common.bus.kafka.connection import options, start, stop
from twin_common.bus.kafka.faults import translated
from twin_common.bus.kafka.progress import check_fetching
from twin_common.bus.kafka.records import from_kafka, to_kafka, to_records
from twin_common.bus.scan import ScanningReader
from twin_common.bus.types import Record, TopicPartition
from twin_common.errors import OffsetUnavailable, TopicMissing
from twin_common.settings.standard import Stream

_IDLE_WAIT_MS = 100
_GATHERED_BYTES = 1_048_576
_LOOKS = 2
"""A topic that was made just now may be unknown to the first broker that is asked."""
_LOOK_AGAIN_S = 0.1


class KafkaReader(ScanningReader):
    """`twin_common.bus.api.Reader` on Kafka. Opened by `KafkaBus`."""

    def __init__(self, stream: Stream, client_id: str, gather_ms: int = 0) -> None:
        super().__init__()
        self._stream = stream
        self._kafka: Any = AIOKafkaConsumer(
            **options(stream, client_id),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # Requests queue behind a waiting fetch on the same connection: a short wait makes seeks and
            # look-ups quick.
            fetch_max_wait_ms=gather_ms or _IDLE_WAIT_MS,
            fetch_min_bytes=_GATHERED_BYTES if gather_ms else 1,
            max_partition_fetch_bytes=8_388_608,
        )
        self._closed = False

    async def start(self) -> None:
        """Connect."""
        await start(self._kafka, self._kafka.stop(), self._stream)

    async def partitions(self, topic: str) -> tuple[TopicPartition, ...]:
        """All partitions of a topic."""
        with translated(f"describing {topic}", self._stream.brokers):
            cluster = self._kafka._client.cluster  # noqa: SLF001 (its metadata has no public method)
            found = cluster.partitions_for_topic(topic)
            async with asyncio.timeout(self._stream.connect_timeout_s):
                for _ in range(_LOOKS):
                    found = found or (await self._metadata()).partitions_for_topic(topic)
        if not found:
            raise TopicMissing(f"there is no topic {topic}; create the topics with `hanzo-twin dev up`")
        return tuple(TopicPartition(topic, partition) for partition in sorted(found))

    async def _metadata(self) -> Any:
        """Of the whole cluster; of brokers that were away for a moment, nobody knows for another one."""
        while True:
            try:
                return await self._kafka._client.fetch_all_metadata()  # noqa: SLF001
            except KafkaError:
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def assign(self, *tps: TopicPartition) -> None:
        """Read exactly these from now on."""
        await self._check_there(tps)
        before = from_kafka(self._kafka.assignment())
        stands = {tp: await self.position(tp) for tp in tps if tp in before}
        starts = await self.beginning_offsets(tp for tp in tps if tp not in before)
        self._waiting.clear()
        self._kafka.assign(to_kafka(tps))
        for tp, offset in {**starts, **stands}.items():
            self._move(tp, offset)

    async def read_from(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read exactly these from now on."""
        await self._check_there(starts)
        self._waiting.clear()
        self._kafka.assign(to_kafka(starts))
        for tp, offset in starts.items():
            self._move(tp, offset)  # an offset that isn't there is moved by `auto_offset_reset`

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        """Read from `offset` next."""
        self._check(tp)
        first, end = (await self.beginning_offsets([tp]))[tp], (await self.end_offsets([tp]))[tp]
        if not first <= offset <= end:
            raise OffsetUnavailable(
                f"{tp.topic}[{tp.partition}] holds offsets {first} to {end - 1}, not {offset}"
            )
        self._move(tp, offset)

    async def seek_to_beginning(self, *tps: TopicPartition) -> None:
        """Read from the oldest record next."""
        for tp, offset in (await self.beginning_offsets(tps or self._assigned())).items():
            self._check(tp)
            self._move(tp, offset)

    async def seek_to_end(self, *tps: TopicPartition) -> None:
        """Read from behind the newest record next."""
        for tp, offset in (await self.end_offsets(tps or self._assigned())).items():
            self._check(tp)
            self._move(tp, offset)

    async def offsets_at(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first record of at least a time in each partition."""
        await self._check_there(times)
        # Ends before times: what comes in between is found by one or the other.
        ends = await self.end_offsets(times)
        wanted = {KafkaPartition(*tp): time_ms for tp, time_ms in times.items()}
        with translated("finding times in partitions", self._stream.brokers):
            found = await self._kafka.offsets_for_times(wanted) if wanted else {}
        return ends | {TopicPartition(*tp): int(first.offset) for tp, first in found.items() if first}

    async def beginning_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The oldest offset still held."""
        wanted = to_kafka(tps)
        with translated("finding the beginnings of partitions", self._stream.brokers):
            found = await self._kafka.beginning_offsets(wanted) if wanted else {}
        return {TopicPartition(*tp): offset for tp, offset in found.items()}

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record."""
        wanted = to_kafka(tps)
        with translated("finding the ends of partitions", self._stream.brokers):
            found = await self._kafka.end_offsets(wanted) if wanted else {}
        return {TopicPartition(*tp): offset for tp, offset in found.items()}

    async def _check_there(self, tps: Collection[TopicPartition]) -> None:
        for topic in {tp.topic for tp in tps}:
            known = await self.partitions(topic)
            if missing := [tp for tp in tps if tp.topic == topic and tp not in known]:
                raise TopicMissing(
                    f"{topic} has {len(known)} partitions, no partition {missing[0].partition}"
                )

    async def _fetch(self, tps: Iterable[TopicPartition], limit: int, timeout: float) -> list[Record]:
        with translated("reading", self._stream.brokers):
            check_fetching(self._kafka)
            found = await self._kafka.getmany(
                *to_kafka(tps), timeout_ms=round(timeout * 1000), max_records=limit
            )
        return to_records(found)

    async def _position(self, tp: TopicPartition) -> int:
        with translated(f"finding the position in {tp.topic}[{tp.partition}]", self._stream.brokers):
            return int(await self._kafka.position(KafkaPartition(*tp)))

    def _assigned(self) -> tuple[TopicPartition, ...]:
        return tuple(sorted(from_kafka(self._kafka.assignment())))

    def _move(self, tp: TopicPartition, offset: int) -> None:
        self._forget(tp)
        self._kafka.seek(KafkaPartition(*tp), offset)

    async def close(self) -> None:
        """Disconnect."""
        if not self._closed:
            self._closed = True
            # A task of aiokafka's that is cancelled before its first step would cancel us, too.
            await asyncio.sleep(0)
            await stop(self._kafka)
