"""Kafka keeps the bus's promises; and what happens when no broker is there."""

import asyncio

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.kafka.faults import translate
from twin_common.bus.types import Subscription, TopicPartition
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
