"""A refresh of what a client knows of the cluster that fails in an unexpected way isn't the last one."""

import asyncio

import pytest
from aiokafka import AIOKafkaClient
from aiokafka.errors import KafkaError

from twin_common.bus.kafka.bus import KafkaBus
from twin_common.bus.kafka.metadata import keep_refreshing
from twin_common.errors import BrokerUnreachable
from twin_common.testing.bus_steps import make


class Failing(AIOKafkaClient):
    """Fails in its first refresh as asked."""

    def __init__(self, brokers, failure) -> None:
        super().__init__(bootstrap_servers=brokers)
        self.failure, self.refreshed = failure, 0

    async def _metadata_update(self, cluster, topics):
        self.refreshed += 1
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        return await super()._metadata_update(cluster, topics)


@pytest.fixture
async def client(kafka):
    made = []

    def make(failure):
        made.append(Failing(list(kafka.broker_list), failure))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.mark.parametrize(
    "failure", [RuntimeError("the handler is closed"), asyncio.CancelledError()], ids=repr
)
async def test_an_unexpected_failure_is_followed_by_another_refresh(client, failure):
    failing = client(failure)
    keep_refreshing(failing)
    await failing.bootstrap()
    failing.refreshed, failing.failure = 0, failure
    async with asyncio.timeout(20):
        assert await failing.force_metadata_update() is False
        assert await failing.force_metadata_update() is True
    assert failing.refreshed == 2


async def test_who_asks_for_a_topic_outlasts_brokers_that_know_of_no_live_one(
    kafka_bus, topic_prefix, monkeypatch
):
    """So is a single broker that stood still for longer than its own session, until its next heartbeat."""
    topic, failures = await make(kafka_bus, f"{topic_prefix}.t", 3), [3]
    fetch = AIOKafkaClient.fetch_all_metadata

    async def at_last(self):
        failures[0] -= 1
        if failures[0] >= 0:
            raise KafkaError("Unable to get cluster metadata over all known brokers")
        return await fetch(self)

    monkeypatch.setattr(AIOKafkaClient, "fetch_all_metadata", at_last)
    async with await kafka_bus.reader() as reader:
        assert len(await reader.partitions(topic)) == 3
    assert failures == [-1]


async def test_and_does_not_wait_for_ever(kafka, topic_prefix, monkeypatch):
    async def never(self):
        raise KafkaError("Unable to get cluster metadata over all known brokers")

    monkeypatch.setattr(AIOKafkaClient, "fetch_all_metadata", never)
    bus = KafkaBus(kafka.model_copy(update={"connect_timeout_s": 0.3}), client_id="test")
    async with await bus.reader() as reader:
        with pytest.raises(BrokerUnreachable):
            await reader.partitions(f"{topic_prefix}.t")
