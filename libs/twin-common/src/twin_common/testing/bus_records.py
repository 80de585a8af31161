# ruff: noqa: D102 (a test's name says what it shows)
"""What a bus promises of records and topics: written once, in order, found again."""

from __future__ import annotations

import asyncio

import pytest

from twin_common.bus.api import Bus
from twin_common.bus.types import NewTopic, Record, TopicPartition
from twin_common.errors import OffsetUnavailable, SendFailed, TopicMismatch, TopicMissing
from twin_common.testing.bus_steps import fill, make, take, values


class RecordsSuite:
    """Subclasses give the fixtures `bus` and `prefix` (unique per test)."""

    async def test_a_sent_record_is_read_as_it_was_written(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        async with await bus.producer() as producer:
            written = await producer.send(
                topic, key=b"k", value=b"v", partition=1, headers=(("a", b"1"), ("a", b"2"))
            )
        async with await bus.reader() as reader:
            await reader.assign(TopicPartition(topic, 1))
            (record,) = [r async for r in reader.read_to_end()]
        assert written == (topic, 1, 0)
        assert (record.key, record.value, record.headers) == (b"k", b"v", (("a", b"1"), ("a", b"2")))
        assert record.header("a") == b"1"
        assert (record.topic, record.partition, record.offset) == written

    async def test_posted_records_keep_their_order_in_a_partition(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        async with await bus.producer() as producer:
            futures = [await producer.post(topic, value=b"%d" % n, partition=0) for n in range(500)]
            positions = await asyncio.gather(*futures)
        async with await bus.reader() as reader:
            await reader.assign(TopicPartition(topic, 0))
            assert values([r async for r in reader.read_to_end()]) == list(range(500))
        assert [p.offset for p in positions] == list(range(500))

    async def test_records_that_may_gather_keep_their_order_and_all_arrive(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        async with await bus.producer(gather_ms=5) as producer, await bus.reader(gather_ms=20) as reader:
            await reader.assign(TopicPartition(topic, 0), TopicPartition(topic, 1))
            written = [await producer.post(topic, value=b"%d" % n, partition=n % 2) for n in range(100)]
            await asyncio.gather(*written)
            found: list[Record] = []
            async with asyncio.timeout(15):
                while len(found) < 100:
                    found += await reader.poll(timeout=0.2)
        assert [record.offset for record in found if record.partition == 1] == list(range(50))
        assert sorted(values(found)) == list(range(100))

    async def test_a_key_chooses_the_partition_that_kafkas_clients_would(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 7)
        async with await bus.producer() as producer:
            chosen = [
                (await producer.send(topic, key=key, value=b"")).partition
                for key in (b"21", b"foobar", b"x" * 9)
            ]
        # murmur2 of "21" and "foobar" as in Kafka's own UtilsTest: -973932308, -790332482.
        assert chosen[:2] == [(-973932308 & 0x7FFFFFFF) % 7, (-790332482 & 0x7FFFFFFF) % 7]

    async def test_a_record_that_is_refused_is_told_to_the_sender(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 1, max_message_bytes="1000")
        async with await bus.producer() as producer:
            with pytest.raises(SendFailed, match=r"\.t\[0\]"):
                await producer.send(topic, value=b"x" * 5000, partition=0)
            assert (await producer.send(topic, value=b"1", partition=0)).offset == 0

    async def test_after_a_refused_record_the_next_are_taken(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2, max_message_bytes="1000")
        async with await bus.producer() as producer:
            for partition in (0, 1):
                await producer.send(topic, value=b"1", partition=partition)
            for _ in range(2):
                with pytest.raises(SendFailed):
                    await producer.send(topic, value=b"x" * 5000, partition=0)
            for partition in (0, 1):
                assert (await producer.send(topic, value=b"2", partition=partition)).offset == 1

    async def test_an_unbroken_producer_writes_nothing_behind_a_refused_record(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 2, max_message_bytes="1000")
        async with await bus.producer(unbroken=True) as producer:
            await producer.send(topic, value=b"1", partition=0)
            with pytest.raises(SendFailed):
                await producer.send(topic, value=b"x" * 5000, partition=0)
            with pytest.raises(SendFailed):
                await producer.send(topic, value=b"2", partition=0)
            assert (await producer.send(topic, value=b"3", partition=1)).offset == 0

    async def test_a_refused_post_is_told_to_the_callback_the_future_and_the_next_flush(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 1, max_message_bytes="1000")
        heard: list[Exception] = []
        async with await bus.producer(on_failure=heard.append) as producer:
            future = await producer.post(topic, value=b"x" * 5000, partition=0)
            with pytest.raises(SendFailed):
                await producer.flush()
            assert [type(error) for error in heard] == [SendFailed]
            with pytest.raises(SendFailed):
                await future
            await producer.post(topic, value=b"1", partition=0)
            await producer.flush()

    async def test_writing_to_a_missing_topic_or_partition_is_refused(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        async with await bus.producer() as producer:
            with pytest.raises(TopicMissing, match="absent"):
                await producer.send(f"{prefix}.absent", value=b"1")
            with pytest.raises(TopicMissing, match="0 to 1"):
                await producer.send(topic, value=b"1", partition=2)
            with pytest.raises(ValueError, match="tombstone"):
                await producer.send(topic, value=None, partition=0)

    async def test_topics_are_created_once_and_with_their_configs(self, bus: Bus, prefix: str) -> None:
        wanted = NewTopic(f"{prefix}.t", 3, {"cleanup.policy": "compact"})
        async with await bus.admin() as admin:
            assert await admin.create_topics([wanted]) == (wanted.name,)
            assert await admin.create_topics([wanted]) == ()
            info = (await admin.describe_topics([wanted.name, f"{prefix}.absent"]))[wanted.name]
            assert (info.partitions, info.configs["cleanup.policy"]) == (3, "compact")
            assert wanted.name in await admin.list_topics()

    async def test_a_topics_changed_configs_are_applied(self, bus: Bus, prefix: str) -> None:
        name = await make(bus, f"{prefix}.t", 1, retention_ms="3600000")
        async with await bus.admin() as admin:
            await admin.create_topics([NewTopic(name, 1, {"retention.ms": "7200000"})])
            assert (await admin.describe_topics([name]))[name].configs["retention.ms"] == "7200000"

    async def test_a_topic_with_other_partitions_is_a_mismatch_and_nothing_is_created(
        self, bus: Bus, prefix: str
    ) -> None:
        name = await make(bus, f"{prefix}.t", 2)
        async with await bus.admin() as admin:
            with pytest.raises(TopicMismatch, match="2 partitions"):
                await admin.create_topics([NewTopic(f"{prefix}.new", 1), NewTopic(name, 3)])
            assert f"{prefix}.new" not in await admin.list_topics()

    async def test_a_deleted_topic_is_gone_and_deleting_twice_is_no_error(
        self, bus: Bus, prefix: str
    ) -> None:
        name = await make(bus, f"{prefix}.t")
        async with await bus.admin() as admin:
            await admin.delete_topics([name])
            await admin.delete_topics([name])
            assert name not in await admin.list_topics()

    async def test_a_reader_goes_on_behind_what_it_has_read(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        async with await bus.producer() as producer, await bus.reader() as reader:
            await fill(producer, topic, 10)
            await reader.assign(TopicPartition(topic, 0))
            assert len([r async for r in reader.read_to_end()]) == 10
            assert [r async for r in reader.read_to_end()] == []
            await producer.send(topic, value=b"10", partition=0)
            async with asyncio.timeout(15):
                async for record in reader.tail():
                    assert record.value == b"10"
                    break

    async def test_stopping_an_iteration_early_loses_nothing(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        async with await bus.producer() as producer, await bus.reader() as reader:
            await fill(producer, topic, 10)
            await reader.assign(TopicPartition(topic, 0))
            scan = reader.read_to_end()
            first = [await anext(scan) for _ in range(3)]
            await scan.aclose()  # type: ignore[attr-defined]
            rest = [r async for r in reader.read_to_end()]
        assert values(first + rest) == list(range(10))

    async def test_reading_to_the_end_stops_at_the_ends_of_when_it_began(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        async with await bus.producer() as producer, await bus.reader() as reader:
            await fill(producer, topic, 5)
            await reader.assign(TopicPartition(topic, 0))
            seen = []
            async for record in reader.read_to_end():
                seen.append(record)
                await producer.send(topic, value=b"99", partition=0)
            assert values(seen) == list(range(5))
            assert await reader.position(TopicPartition(topic, 0)) == 5

    async def test_a_reader_seeks_to_offset_beginning_end_and_time(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        tp = TopicPartition(topic, 0)
        async with await bus.producer() as producer, await bus.reader() as reader:
            await fill(producer, topic, 5)
            await reader.assign(tp)
            first = (await take(reader, 5))[0]  # type: ignore[arg-type]
            await reader.seek(tp, 3)
            assert values([r async for r in reader.read_to_end()]) == [3, 4]
            await reader.seek_to_beginning()
            assert await reader.position(tp) == 0
            await reader.seek_to_end(tp)
            assert await reader.position(tp) == 5
            assert await reader.seek_to_time(tp, first.timestamp_ms) == 0
            assert await reader.seek_to_time(tp, first.timestamp_ms + 3_600_000) == 5
            with pytest.raises(OffsetUnavailable, match="0 to 4"):
                await reader.seek(tp, 6)
            assert await reader.beginning_offsets([tp]) == {tp: 0}
            assert await reader.end_offsets([tp]) == {tp: 5}

    async def test_a_reader_reads_from_offsets_and_from_the_beginning_where_they_are_not_there(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 3)
        one, two, three = (TopicPartition(topic, number) for number in range(3))
        async with await bus.producer() as producer, await bus.reader() as reader:
            for number in range(3):
                await fill(producer, topic, 4, number)
            await reader.read_from({one: 0})
            assert values(await take(reader, 4)) == [0, 1, 2, 3]  # type: ignore[arg-type]
            await reader.read_from({one: 3, two: 9, three: 4})
            assert sorted(values(await take(reader, 5))) == [0, 1, 2, 3, 3]  # type: ignore[arg-type]
            await fill(producer, topic, 1, 2)
            assert [record.tp for record in await take(reader, 1)] == [three]  # type: ignore[arg-type]
            with pytest.raises(TopicMissing):
                await reader.read_from({TopicPartition(topic, 3): 0})

    async def test_offsets_at_times_are_found_for_several_partitions_at_once(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 3)
        one, two, three = (TopicPartition(topic, number) for number in range(3))
        async with await bus.producer() as producer, await bus.reader() as reader:
            await fill(producer, topic, 3, 0)
            await fill(producer, topic, 2, 1)
            await reader.assign(one)
            first = (await take(reader, 3))[0].timestamp_ms  # type: ignore[arg-type]
            found = await reader.offsets_at({one: first, two: first + 3_600_000, three: first})
            assert found == {one: 0, two: 2, three: 0}
            assert await reader.offsets_at({}) == {}
            with pytest.raises(TopicMissing):
                await reader.offsets_at({TopicPartition(topic, 3): first})

    async def test_assigning_again_keeps_the_position_of_what_stays(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        one, two = TopicPartition(topic, 0), TopicPartition(topic, 1)
        async with await bus.producer() as producer, await bus.reader() as reader:
            await fill(producer, topic, 4, 0)
            await fill(producer, topic, 2, 1)
            await reader.assign(one)
            await reader.seek(one, 3)
            await reader.assign(one, two)
            assert sorted(values([r async for r in reader.read_to_end()])) == [0, 1, 3]
            assert await reader.partitions(topic) == (one, two)
            with pytest.raises(TopicMissing):
                await reader.assign(TopicPartition(topic, 2))
            with pytest.raises(TopicMissing):
                await reader.partitions(f"{prefix}.absent")
