"""A refresh of what a client knows of the cluster that fails in an unexpected way isn't the last one."""

import asyncio

import pytest
from aiokafka import AIOKafkaClient

from twin_common.bus.kafka.metadata import keep_refreshing


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
