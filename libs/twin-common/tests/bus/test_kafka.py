"""Kafka keeps the bus's promises; and what happens when no broker is there."""

import asyncio

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.kafka.faults import translate
from twin_common.bus.types import Offset, Subscription, TopicPartition
from twin_common.errors import BrokerUnreachable, TopicMismatch, TopicMissing
from twin_common.settings.standard import Stream
from twin_common.testing.bus_steps import make, take
from twin_common.testing.bus_suite import BusSuite


class TestKafkaBus(BusSuite):
    @pytest.fixture
    def bus(self, kafka_bus):
        return kafka_bus

    @pytest.fixture
    def prefix(self, topic_prefix):
        return topic_prefix


async def test_a_missing_topic_is_told_with_the_command_that_makes_it(kafka_bus, topic_prefix):
    hint = "create the topics with `hanzo-twin dev up`$"
    async with await kafka_bus.producer() as producer, await kafka_bus.reader() as reader:
        with pytest.raises(TopicMissing, match=hint):
            await producer.send(f"{topic_prefix}.absent", value=b"")
        with pytest.raises(TopicMissing, match=hint):
            await reader.partitions(f"{topic_prefix}.absent")
    with pytest.raises(TopicMissing, match=hint):
        raise translate(UnknownTopicOrPartitionError(), "reading", "127.0.0.1:1")


async def test_a_header_without_a_value_is_empty(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    async with await kafka_bus.producer() as producer, await kafka_bus.reader() as reader:
        await producer.send(topic, value=b"v", partition=0, headers=(("a", None), ("b", b"2")))
        await reader.assign(TopicPartition(topic, 0))
        (record,) = [r async for r in reader.read_to_end()]
    assert record.headers == (("a", b""), ("b", b"2"))


async def test_a_group_reads_no_topic_whose_times_producers_set(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t", message_timestamp_type="CreateTime")
    async with await kafka_bus.producer() as producer:
        await producer.send(topic, value=b"backdated")
    async with await kafka_bus.consumer(Subscription((topic,), topic_prefix)) as consumer:
        with pytest.raises(TopicMismatch, match=r"message\.timestamp\.type=LogAppendTime"):
            await take(consumer, 1)


async def open_each(bus):
    for opening in (bus.producer(), bus.reader(), bus.admin(), bus.consumer(Subscription(("t",), "g"))):
        with pytest.raises(BrokerUnreachable, match="start it with `hanzo-twin dev up`") as caught:
            await opening
        assert "127.0.0.1:" in str(caught.value)


async def test_without_a_broker_opening_anything_fails_with_one_clear_error(unused_tcp_port):
    await open_each(KafkaBus(Stream(brokers=f"127.0.0.1:{unused_tcp_port}")))


async def test_a_port_that_answers_nothing_is_given_up_within_the_connect_time_out():
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await open_each(KafkaBus(Stream(brokers=f"127.0.0.1:{port}", connect_timeout_s=0.3)))


async def test_a_session_shorter_than_the_brokers_minimum_is_raised_and_said(kafka_bus, topic_prefix, caplog):
    topic = await make(kafka_bus, f"{topic_prefix}.t")
    async with await kafka_bus.consumer(
        Subscription((topic,), topic_prefix, session_timeout_ms=10)
    ) as consumer:
        assert consumer.session_timeout_ms >= 1000
    assert "minimum session time-out" in caplog.text


async def test_a_hook_that_takes_longer_than_a_session_costs_no_membership(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t")
    hooks = []

    async def assigned(consumer, partitions):
        hooks.append("assigned")
        await asyncio.sleep(2.5 * consumer.session_timeout_ms / 1000)

    async def revoked(consumer, partitions):
        hooks.append("revoked")

    subscription = Subscription(
        (topic,), topic_prefix, session_timeout_ms=1000, on_assigned=assigned, on_revoked=revoked
    )
    async with await kafka_bus.producer() as producer:
        await producer.send(topic, value=b"first")
    async with await kafka_bus.consumer(subscription) as consumer:
        (record,) = await take(consumer, 1)
        await consumer.commit({record.tp: Offset(record.offset + 1)})
        assert await consumer.poll(timeout=0.5) == []
        assert hooks == ["assigned"]


async def test_a_group_that_changes_during_a_hook_is_followed_after_it(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t", partitions=2)
    began, others_turn, hooks = asyncio.Event(), asyncio.Event(), []

    async def assigned(consumer, partitions):
        hooks.append(("assigned", len(partitions)))
        began.set()
        await others_turn.wait()

    async def revoked(consumer, partitions):
        hooks.append(("revoked", len(partitions)))

    async with await kafka_bus.producer() as producer:
        for number in (0, 1):
            await producer.send(topic, value=b"r", partition=number)
    subscription = Subscription((topic,), topic_prefix, on_assigned=assigned, on_revoked=revoked)
    async with (
        await kafka_bus.consumer(subscription) as one,
        await kafka_bus.consumer(Subscription((topic,), topic_prefix)) as two,
    ):
        polling = asyncio.create_task(take(one, 1))
        await began.wait()
        await two.poll(timeout=1)
        others_turn.set()
        while not polling.done():
            await two.poll(timeout=0.05)
        (mine,) = await polling
        assert hooks == [("assigned", 2), ("revoked", 2), ("assigned", 1)]
        assert mine.tp in one.assignment()
