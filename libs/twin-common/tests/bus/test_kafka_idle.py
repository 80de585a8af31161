"""Waiting for records that don't come leaves nothing behind."""

from twin_common.bus.types import Subscription
from twin_common.testing.bus_steps import make, settle


async def test_polls_of_a_quiet_topic_keep_no_waiters(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    async with await kafka_bus.consumer(Subscription((topic,), f"{topic_prefix}.g")) as consumer:
        await settle(consumer, partitions=1)
        for _ in range(20):
            assert await consumer.poll(timeout=0.02) == []
        assert len(consumer._kafka._fetcher._fetch_waiters) <= 1
