"""A prediction or status that nobody will read is counted, and said once for each outage."""

import asyncio

import pytest
import structlog

from sync_engine.adapters.public import KafkaPublic
from twin_common import metrics_table as m
from twin_common.bus.types import NewTopic, RecordPosition
from twin_common.clock import SystemClock
from twin_common.errors import BrokerUnreachable, NoLongerMeant
from twin_common.metrics import Metrics
from twin_schemas.records import TwinPrediction

PREDICTION = TwinPrediction("twin", "arm", 1, 7, 3, 0, 0, [], [], 0)


class Lossy:
    """A producer whose records arrive when they are let."""

    def __init__(self) -> None:
        self.losing: Exception | None = None

    async def post(self, topic, **record):
        done = asyncio.get_running_loop().create_future()
        if self.losing:
            done.set_exception(self.losing)
        else:
            done.set_result(RecordPosition(topic, 0, 1))
        return done

    async def close(self) -> None:
        pass


class LossyBus:
    def __init__(self, producer: Lossy) -> None:
        self._producer = producer

    async def producer(self, **options):
        return self._producer


async def test_what_is_not_acknowledged_is_counted_each_time_and_said_once_for_each_outage():
    metrics, producer = Metrics(process=False), Lossy()
    public = KafkaPublic(LossyBus(producer), "hanzo.twin", SystemClock(), metrics)
    await public.open()

    async def three() -> None:
        for _ in range(3):
            assert await public.prediction(PREDICTION) is None
            await asyncio.sleep(0)  # the answer comes in another turn

    with structlog.testing.capture_logs() as said:
        for losing in (None, BrokerUnreachable("no acknowledgement")) * 2:
            producer.losing = losing
            await three()
    assert metrics.value(m.PUBLIC_LOST, kind="prediction", reason="not_acknowledged") == 6
    assert [(line["event"], line.get("lost")) for line in said] == [
        ("records are lost", None),
        ("records arrive again", 3),
        ("records are lost", None),
    ]


async def test_what_is_not_meant_any_more_comes_again_and_is_not_lost():
    metrics, producer = Metrics(process=False), Lossy()
    public = KafkaPublic(LossyBus(producer), "hanzo.twin", SystemClock(), metrics)
    await public.open()
    producer.losing = NoLongerMeant("it was not sent in time")
    with structlog.testing.capture_logs() as said:
        assert await public.prediction(PREDICTION) is None
        await asyncio.sleep(0)
    assert (b"hanzo_twin_public_lost_total{" in metrics.text(), said) == (False, [])


@pytest.mark.parametrize("made", [False, True])
async def test_a_prediction_of_a_missing_topic_is_counted_too(memory_bus, made):
    metrics = Metrics(process=False)
    if made:
        async with await memory_bus.admin() as admin:
            await admin.create_topics([NewTopic("hanzo.twin.arm", 1)])
    public = KafkaPublic(memory_bus, "hanzo.twin", SystemClock(), metrics)
    await public.open()
    assert (await public.prediction(PREDICTION) is None) == made
    counted = b'hanzo_twin_public_lost_total{kind="prediction",reason="topic_missing"} 1.0' in metrics.text()
    assert counted is not made
    await public.close()
