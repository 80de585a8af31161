"""What can't be told outside is dropped; of decisions, it is counted."""

import asyncio

import pytest

from sync_engine.adapters.public import KafkaPublic
from twin_common import metrics_table as m
from twin_common.bus.topics import create_topics
from twin_common.bus.types import NewTopic
from twin_common.clock import ManualClock, SystemClock
from twin_common.errors import SendFailed
from twin_common.metrics import Metrics
from twin_schemas import codec
from twin_schemas.catalogue import catalogue
from twin_schemas.records import AuditRecord, TwinPrediction

PREFIX = "hanzo.twin"
DECISION = AuditRecord("acme", "ann", "twin-admin", "twins.command", "arm", True, "r", "sync-engine", 1)


@pytest.fixture
async def metrics():
    return Metrics(process=False)


@pytest.fixture
async def public(memory_bus, metrics):
    made = KafkaPublic(memory_bus, PREFIX, SystemClock(), metrics)
    await made.open()
    yield made
    await made.close()


async def test_a_decision_that_cannot_be_written_down_is_counted_each_time(public, metrics):
    assert [await public.audit(DECISION) for _ in range(2)] == ["topic_missing"] * 2
    assert metrics.value(m.AUDIT_LOST, reason="topic_missing") == 2


async def test_topics_that_were_missing_long_ago_are_forgotten(memory_bus, metrics):
    clock = ManualClock()
    public = KafkaPublic(memory_bus, PREFIX, clock, metrics)
    await public.open()
    for number in range(100):
        said = TwinPrediction("t", f"gone-{number}", 1, 7, 3, 1, 0, [], [], -1)
        assert [await public.prediction(said) for _ in range(2)] == ["topic_missing"] * 2
        await clock.advance(1)
    assert len(public._missing_until) <= 5
    await public.close()


async def test_what_waits_for_its_topic_has_not_settled(memory_bus, metrics):
    public = KafkaPublic(memory_bus, PREFIX, SystemClock(), metrics, answer_ms=10_000)
    await public.open()
    found, post = asyncio.Event(), public._predictions.post

    async def once_the_topic_is_found(*args, **options):
        await found.wait()
        return await post(*args, **options)

    public._predictions.post = once_the_topic_is_found
    saying = asyncio.create_task(public.prediction(TwinPrediction("t", "arm", 1, 7, 3, 1, 0, [], [], -1)))
    await asyncio.sleep(0)
    settling = asyncio.create_task(public.settled())
    done, _ = await asyncio.wait({settling}, timeout=0.1)
    assert not done
    found.set()
    await asyncio.wait_for(settling, 10)
    assert saying.done()
    await public.close()


async def test_one_that_is_written_down_is_not(public, metrics, memory_bus):
    async with await memory_bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    assert await public.audit(DECISION) is None
    await asyncio.sleep(0)
    assert b"hanzo_twin_audit_lost_total{" not in metrics.text()


async def test_one_that_the_broker_refuses_after_it_was_handed_over_is_counted_too(metrics, memory_bus):
    async with await memory_bus.admin() as admin:
        await admin.create_topics([NewTopic(f"{PREFIX}.audit.log", 1, {"max.message.bytes": "10"})])
    public = KafkaPublic(memory_bus, PREFIX, SystemClock(), metrics)
    await public.open()
    assert await public.audit(DECISION) is None
    await asyncio.sleep(0)  # the answer comes in another turn
    with pytest.raises(SendFailed):
        await public.close()
    assert metrics.value(m.AUDIT_LOST, reason="not_acknowledged") == 1


async def test_what_came_to_the_broker_late_was_due_when_its_tick_was(public, memory_bus):
    """Its latency was measured when it was handed over, or isn't known: the broker may have been away since."""
    topic, tick_ns = f"{PREFIX}.arm", SystemClock().now_ns() - 5_000_000_000
    said = TwinPrediction("t", "arm", 1, 7, 3, tick_ns, 0, [], [], -1)
    async with await memory_bus.admin() as admin:
        await admin.create_topics([NewTopic(topic, 1)])
    async with await memory_bus.producer() as producer:
        await producer.send(topic, value=codec.encode(said), key=b"t", partition=0)
    assert await public.newest({"t": "arm"}) == {"t": ((1, 7), tick_ns // 1_000_000)}
