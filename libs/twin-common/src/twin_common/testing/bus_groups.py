# ruff: noqa: D102 (a test's name says what it shows)
"""What a bus promises of consumer groups: progress, sharing, hooks, coming and going."""

from __future__ import annotations

import asyncio

import pytest

from twin_common.bus.api import Bus, Consumer
from twin_common.bus.types import Offset, Record, Start, Subscription, TopicPartition
from twin_common.errors import CommitFenced
from twin_common.testing.bus_steps import fill, make, settle, take, values


class GroupsSuite:
    """Subclasses give the fixtures `bus` and `prefix` (unique per test)."""

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
