"""A reader is closed whatever its fetching was about to do, even overlook that it is cancelled."""

import asyncio

from twin_common.bus.types import TopicPartition
from twin_common.testing.bus_steps import make


async def test_a_reader_whose_fetching_overlooks_that_it_is_cancelled_is_closed(
    kafka_bus, topic_prefix, monkeypatch
):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    reader = await kafka_bus.reader()
    await reader.assign(TopicPartition(topic, 0))
    fetcher = reader._kafka._fetcher
    overlooked = []

    async def deaf():
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            overlooked.append(1)
        await asyncio.sleep(600)

    fetcher._fetch_task.cancel()
    monkeypatch.setattr(fetcher, "_fetch_task", asyncio.create_task(deaf()))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await reader.close()
    assert overlooked == [1]
    assert fetcher._fetch_task.done()


async def test_whoever_is_cancelled_while_a_reader_is_closed_hears_of_it(
    kafka_bus, topic_prefix, monkeypatch
):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    reader = await kafka_bus.reader()
    await reader.assign(TopicPartition(topic, 0))
    fetcher, slow = reader._kafka._fetcher, asyncio.Event()

    async def lasting():
        try:
            await asyncio.sleep(600)
        finally:
            slow.set()
            await asyncio.sleep(0.2)

    fetcher._fetch_task.cancel()
    monkeypatch.setattr(fetcher, "_fetch_task", asyncio.create_task(lasting()))
    await asyncio.sleep(0)
    closing = asyncio.create_task(reader.close())
    await slow.wait()
    closing.cancel()
    await asyncio.wait({closing}, timeout=10)
    assert closing.cancelled()
