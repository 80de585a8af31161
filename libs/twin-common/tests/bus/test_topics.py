"""The catalogue's topics on a bus."""

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from twin_common.bus.topics import bounded, create_topics
from twin_common.bus.types import TopicPartition
from twin_common.settings.retention import Retention
from twin_schemas.catalogue import catalogue


async def test_every_topic_of_the_catalogue_is_created_once_with_its_configs(memory_bus):
    async with await memory_bus.admin() as admin:
        made = await create_topics(admin, catalogue(), "acme.twin")
        assert set(made) == {f"acme.twin.{name}" for name in catalogue()}
        assert await create_topics(admin, catalogue(), "acme.twin") == ()
        specs = (await admin.describe_topics(["acme.twin.twin.specs"]))["acme.twin.twin.specs"]
    assert specs.configs["cleanup.policy"] == "compact"
    assert specs.partitions == catalogue()["twin.specs"].partitions


async def test_kafka_accepts_every_topic_of_the_catalogue(kafka_bus, topic_prefix):
    async with await kafka_bus.admin() as admin:
        made = await create_topics(admin, catalogue(), topic_prefix, partitions=2)
        assert await create_topics(admin, catalogue(), topic_prefix, partitions=2) == ()
        found = await admin.describe_topics(made)
        for name, spec in catalogue().items():
            configs = found[f"{topic_prefix}.{name}"].configs
            assert {key: configs[key] for key in spec.config()} == spec.config()
        await admin.delete_topics(made)


async def test_what_is_too_large_unpacked_is_refused_packed_and_the_rest_is_kept_unpacked(
    kafka_bus, kafka, topic_prefix
):
    topic = f"{topic_prefix}.sim.commands"
    async with await kafka_bus.admin() as admin, await kafka_bus.reader() as reader:
        await create_topics(admin, {"sim.commands": catalogue()["sim.commands"]}, topic_prefix, partitions=1)
        sender = AIOKafkaProducer(
            bootstrap_servers=kafka.brokers, compression_type="gzip", max_request_size=4_000_000
        )
        async with sender:
            with pytest.raises(MessageSizeTooLargeError):
                await sender.send_and_wait(topic, b"\0" * 3_000_000)
            await sender.send_and_wait(topic, b"\0" * 500_000)
        await reader.assign(TopicPartition(topic, 0))
        assert [len(r.value) async for r in reader.read_to_end()] == [500_000]
        await admin.delete_topics([topic])


JOURNAL = "sim.journal"


def test_without_settings_the_journal_is_bounded_as_its_file_says():
    assert bounded(catalogue(), Retention())[JOURNAL] == catalogue()[JOURNAL]


def test_keyframes_are_announced_for_longer_than_they_are_kept():
    kept = Retention()
    announced_ms = bounded(catalogue(), kept)["sim.keyframes"].retention_ms
    assert announced_ms > kept.sealed_days * 86_400_000


async def test_bounds_that_are_set_are_given_to_a_journal_that_exists(kafka_bus, topic_prefix):
    bounds = Retention(journal_hours=2, journal_bytes=1 << 24, segment_bytes=1 << 20)
    only = {JOURNAL: catalogue()[JOURNAL]}
    async with await kafka_bus.admin() as admin:
        (name,) = await create_topics(admin, only, topic_prefix, partitions=2)
        await create_topics(admin, bounded(only, bounds), topic_prefix, partitions=2)
        configs = (await admin.describe_topics([name]))[name].configs
        await admin.delete_topics([name])
    assert (configs["retention.ms"], configs["retention.bytes"]) == ("7200000", str(1 << 24))
    assert configs["segment.bytes"] == str(1 << 20)
