"""What a bus promises, as one suite: it runs over the memory bus and over Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from twin_common.bus.api import Bus, Consumer, Producer
from twin_common.bus.types import NewTopic, Offset, Record, Start, Subscription, TopicPartition
from twin_common.errors import CommitFenced, OffsetUnavailable, SendFailed, TopicMismatch, TopicMissing

Topic = Callable[..., "asyncio.Future[str]"]


async def make(bus: Bus, name: str, partitions: int = 1, **configs: str) -> str:
    async with await bus.admin() as admin:
        await admin.create_topics(
            [NewTopic(name, partitions, {k.replace("_", "."): v for k, v in configs.items()})]
        )
    return name


async def fill(producer: Producer, topic: str, count: int, partition: int = 0) -> None:
    for number in range(count):
        await producer.post(topic, key=b"k%d" % (number % 3), value=b"%d" % number, partition=partition)
    await producer.flush()


async def take(consumer: Consumer, count: int, within: float = 15.0) -> list[Record]:
    """Poll until `count` records have come."""
    found: list[Record] = []
    async with asyncio.timeout(within):
        while len(found) < count:
            found += await consumer.poll(timeout=0.2)
    return found


async def settle(*consumers: Consumer, partitions: int, within: float = 15.0) -> None:
    """Poll the members in turn until together they hold so many partitions, each with a share."""
    async with asyncio.timeout(within):
        while True:
            for consumer in consumers:
                await consumer.poll(timeout=0.05)
            held = [consumer.assignment() for consumer in consumers]
            if (
                all(held)
                and sum(map(len, held)) == partitions
                and len(frozenset().union(*held)) == partitions
            ):
                return


def values(records: list[Record]) -> list[int]:
    return [int(record.value or b"-1") for record in records]


class BusSuite:
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

    async def test_a_group_goes_on_from_its_commit_with_its_metadata(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        tp = TopicPartition(topic, 0)
        subscription = Subscription((topic,), f"{prefix}.g")
        async with await bus.producer() as producer:
            await fill(producer, topic, 6)
        async with await bus.consumer(subscription) as consumer:
            assert values(await take(consumer, 6)) == list(range(6))
            assert await consumer.committed(tp) is None
            await consumer.commit({tp: Offset(4, "smallest checkpoint 2")})
            assert await consumer.committed(tp) == Offset(4, "smallest checkpoint 2")
        async with await bus.consumer(subscription) as consumer:
            assert values(await take(consumer, 2)) == [4, 5]
        async with await bus.admin() as admin:
            assert await admin.committed(f"{prefix}.g") == {tp: Offset(4, "smallest checkpoint 2")}

    async def test_a_group_without_a_commit_starts_where_it_says(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        async with (
            await bus.producer() as producer,
            await bus.consumer(Subscription((topic,), f"{prefix}.g", start=Start.LATEST)) as consumer,
        ):
            await fill(producer, topic, 3)
            await settle(consumer, partitions=1)
            await consumer.position(TopicPartition(topic, 0))
            await producer.send(topic, value=b"77", partition=0)
            assert values(await take(consumer, 1)) == [77]

    async def test_a_hook_may_seek_before_the_first_record_comes(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")

        async def from_three(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            for tp in tps:
                consumer.seek(tp, 3)

        async with await bus.producer() as producer:
            await fill(producer, topic, 5)
        async with await bus.consumer(
            Subscription((topic,), f"{prefix}.g", on_assigned=from_three)
        ) as consumer:
            assert values(await take(consumer, 2)) == [3, 4]

    async def test_a_paused_partition_delivers_nothing_until_resumed(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        async with (
            await bus.producer() as producer,
            await bus.consumer(Subscription((topic,), f"{prefix}.g")) as consumer,
        ):
            await settle(consumer, partitions=2)
            consumer.pause(TopicPartition(topic, 0))
            await fill(producer, topic, 2, 0)
            await fill(producer, topic, 2, 1)
            assert {r.partition for r in await take(consumer, 2)} == {1}
            assert await consumer.poll(timeout=0.3) == []
            consumer.resume(TopicPartition(topic, 0))
            assert values(await take(consumer, 2)) == [0, 1]

    async def test_seeking_back_delivers_again(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        tp = TopicPartition(topic, 0)
        async with (
            await bus.producer() as producer,
            await bus.consumer(Subscription((topic,), f"{prefix}.g")) as consumer,
        ):
            await fill(producer, topic, 3)
            await take(consumer, 3)
            consumer.seek(tp, 1)
            assert values(await take(consumer, 2)) == [1, 2]
            assert await consumer.position(tp) == 3
            with pytest.raises(ValueError, match=r"\[9\]"):
                consumer.seek(TopicPartition(topic, 9), 0)

    async def test_members_share_partitions_by_range_alike_over_topics(self, bus: Bus, prefix: str) -> None:
        one, two = await make(bus, f"{prefix}.a", 4), await make(bus, f"{prefix}.b", 4)
        group = [Subscription((one, two), f"{prefix}.g", instance_id=f"{prefix}-{n}") for n in range(2)]
        async with await bus.consumer(group[0]) as first, await bus.consumer(group[1]) as second:
            await settle(first, second, partitions=8)
            for consumer in (first, second):
                of_one = {tp.partition for tp in consumer.assignment() if tp.topic == one}
                assert of_one == {tp.partition for tp in consumer.assignment() if tp.topic == two}
                assert of_one in ({0, 1}, {2, 3})

    async def test_a_joining_member_takes_partitions_after_the_other_has_committed(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        handled: dict[TopicPartition, int] = {}
        log: list[str] = []

        async def given_up(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            log.append(f"revoked {len(tps)}")
            await consumer.commit({tp: Offset(handled[tp]) for tp in tps if tp in handled})

        async def taken(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            log.append(f"assigned {len(tps)}")

        subscription = Subscription((topic,), f"{prefix}.g", on_revoked=given_up, on_assigned=taken)
        async with await bus.producer() as producer, await bus.consumer(subscription) as first:
            await fill(producer, topic, 3, 0)
            await fill(producer, topic, 3, 1)
            for record in await take(first, 6):
                handled[record.tp] = record.offset + 1
            async with await bus.consumer(Subscription((topic,), f"{prefix}.g")) as second:
                await settle(first, second, partitions=2)
                assert await second.poll(timeout=0.3) == []
            assert log[:3] == ["assigned 2", "revoked 2", "assigned 1"]

    async def test_a_commit_of_a_lost_partition_is_fenced(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        subscription = Subscription((topic,), f"{prefix}.g")
        async with await bus.consumer(subscription) as first, await bus.consumer(subscription) as second:
            await settle(first, second, partitions=2)
            (lost,) = second.assignment()
            with pytest.raises(CommitFenced, match="not held"):
                await first.commit({lost: Offset(1)})

    async def test_a_member_that_leaves_gives_its_partitions_up_at_once(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        stay, go = (
            Subscription((topic,), f"{prefix}.g", instance_id=f"{prefix}-{n}", session_timeout_ms=60_000)
            for n in ("stay", "go")
        )
        async with await bus.consumer(stay) as first:
            second = await bus.consumer(go)
            await settle(first, second, partitions=2)
            await second.leave()
            await settle(first, partitions=2, within=20)

    async def test_a_static_member_comes_back_to_its_partitions_without_a_rebalance(
        self, bus: Bus, prefix: str
    ) -> None:
        topic = await make(bus, f"{prefix}.t", 2)
        moved: list[str] = []

        async def note(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            moved.append("moved")

        stay = Subscription((topic,), f"{prefix}.g", instance_id=f"{prefix}-a", session_timeout_ms=30_000)
        back = Subscription((topic,), f"{prefix}.g", instance_id=f"{prefix}-b", session_timeout_ms=30_000)
        async with await bus.consumer(stay) as first:
            second = await bus.consumer(back)
            await settle(first, second, partitions=2)
            had = second.assignment()
            await second.close()
            object.__setattr__(stay, "on_revoked", note)
            async with await bus.consumer(back) as again:
                await settle(first, again, partitions=2)
                assert again.assignment() == had
            assert moved == []

    async def test_the_revocation_hook_runs_when_a_member_closes(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        given_up: list[frozenset[TopicPartition]] = []

        async def note(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            given_up.append(tps)
            await consumer.commit({tp: Offset(1) for tp in tps})

        async with await bus.consumer(Subscription((topic,), f"{prefix}.g", on_revoked=note)) as consumer:
            await settle(consumer, partitions=1)
        assert given_up == [frozenset({TopicPartition(topic, 0)})]
        async with await bus.admin() as admin:
            assert (await admin.committed(f"{prefix}.g"))[TopicPartition(topic, 0)].offset == 1

    async def test_an_error_in_a_hook_comes_out_of_poll(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")

        async def fail(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            raise LookupError("no checkpoint")

        async with await bus.consumer(Subscription((topic,), f"{prefix}.g", on_assigned=fail)) as consumer:
            with pytest.raises(LookupError, match="no checkpoint"):
                await take(consumer, 1)

    async def test_polling_returns_at_most_what_was_asked_for(self, bus: Bus, prefix: str) -> None:
        topic = await make(bus, f"{prefix}.t")
        async with (
            await bus.producer() as producer,
            await bus.consumer(Subscription((topic,), f"{prefix}.g")) as consumer,
        ):
            await fill(producer, topic, 10)
            found: list[Record] = []
            async with asyncio.timeout(15):
                while len(found) < 10:
                    batch = await consumer.poll(max_records=3, timeout=0.2)
                    assert len(batch) <= 3
                    found += batch
            assert values(found) == list(range(10))
