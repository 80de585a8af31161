"""When requests go out: the first at once, the others at a pace, and none with what has become stale."""

import asyncio
import itertools
import socket
import struct
import time

import pytest
import uvloop
from aiokafka.producer.sender import SendProduceReqHandler

from twin_common.bus.kafka.bus import KafkaBus
from twin_common.errors import NoLongerMeant
from twin_common.testing.bus_steps import make

_REQUEST_S = 0.1


@pytest.fixture
def requests(monkeypatch):
    """Times of all produce requests, to a broker that is slow."""
    made, do = [], SendProduceReqHandler.do

    async def noted(self, node_id):
        made.append(time.monotonic())
        await asyncio.sleep(_REQUEST_S)
        return await do(self, node_id)

    monkeypatch.setattr(SendProduceReqHandler, "do", noted)
    return made


async def test_what_comes_in_a_rush_travels_together(kafka_bus, topic_prefix, requests):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 8)
    async with await kafka_bus.producer(gather_ms=2000) as producer:
        await producer.send(topic, value=b"first", partition=0)
        written = [await producer.post(topic, value=b"%d" % n, partition=n % 8) for n in range(80)]
        await asyncio.gather(*written)
    assert len(requests) <= 3


async def test_a_slow_broker_gets_pauses_up_to_the_limit(kafka_bus, topic_prefix, requests):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    async with await kafka_bus.producer(gather_ms=50) as producer:
        for n in range(4):
            await producer.send(topic, value=b"%d" % n, partition=0)
    # never earlier, however busy the machine is; without pauses a request takes 0.1 s
    assert all(after - before >= _REQUEST_S + 0.045 for before, after in itertools.pairwise(requests))


async def test_what_is_not_meant_any_more_fails_and_the_next_is_taken(kafka_bus, topic_prefix):
    topic, meant_since = await make(kafka_bus, f"{topic_prefix}.t", 1), 0

    def meant(topic_: str, since_ns: int) -> bool:
        assert topic_ == topic
        return since_ns >= meant_since

    async with await kafka_bus.producer(still_meant=meant) as producer:
        first = await producer.send(topic, value=b"a", partition=0)
        stale = await producer.post(topic, value=b"b", partition=0)
        meant_since = time.monotonic_ns()
        with pytest.raises(NoLongerMeant, match="not sent in time"):
            await stale
        next_ = await producer.send(topic, value=b"c", partition=0)
        with pytest.raises(NoLongerMeant):
            await producer.flush()
    assert (first.offset, next_.offset) == (0, 1)


async def test_what_comes_behind_it_meanwhile_fails_with_it(kafka_bus, topic_prefix, monkeypatch):
    """Else a later record would be there before an earlier one that is written again."""
    topic, meant_since, do = await make(kafka_bus, f"{topic_prefix}.t", 1), 0, SendProduceReqHandler.do
    cut = [True]

    async def lost(self, node_id):
        if not cut:
            await do(self, node_id)
            return
        cut.clear()
        await asyncio.sleep(_REQUEST_S)
        for batch in self._batches.values():  # as where no connection is
            self._sender._message_accumulator.reenqueue(batch)

    monkeypatch.setattr(SendProduceReqHandler, "do", lost)
    async with await kafka_bus.producer(
        still_meant=lambda topic, since_ns: since_ns >= meant_since
    ) as producer:
        posted = [await producer.post(topic, value=b"in the request", partition=0)]
        await asyncio.sleep(_REQUEST_S / 2)
        meant_since = time.monotonic_ns()
        posted.append(await producer.post(topic, value=b"behind it", partition=0))
        for each in posted:
            with pytest.raises(NoLongerMeant, match="not sent in time"):
                await each
        assert (await producer.send(topic, value=b"next", partition=0)).offset == 0
        with pytest.raises(NoLongerMeant):
            await producer.flush()


async def test_what_waits_for_the_network_is_taken_back_with_its_connection(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    async with await kafka_bus.producer(still_meant=lambda topic, since_ns: True, answer_ms=2000) as producer:
        for value in (b"a", b"b"):
            await producer.send(topic, value=value, partition=0)
        (connection,) = [
            each for (node, _), each in producer._kafka.client._conns.items() if node != "bootstrap"
        ]
        of_the_system = connection._writer.get_extra_info("socket")
        assert of_the_system.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 1, 0)
        assert connection._request_timeout == 2.0


def test_a_connection_that_is_lost_just_now_ends_nothing(kafka, topic_prefix):
    """On the loop of the services, whose sockets are gone before anybody hears of it."""

    async def scenario() -> None:
        bus = KafkaBus(kafka, client_id="test")
        topic = await make(bus, f"{topic_prefix}.t", 1)
        async with await bus.producer(still_meant=lambda topic, since_ns: True, answer_ms=2000) as producer:
            await producer.send(topic, value=b"first", partition=0)
            for turns in range(20):
                for (node, _), connection in list(producer._kafka.client._conns.items()):
                    if node != "bootstrap" and connection._writer is not None:
                        connection._writer.transport.abort()
                for _ in range(turns % 4):
                    await asyncio.sleep(0)
                await producer.send(topic, value=b"again", partition=0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(scenario(), 60))


async def test_an_error_that_nobody_expects_ends_nothing(kafka_bus, topic_prefix, monkeypatch):
    topic, do = await make(kafka_bus, f"{topic_prefix}.t", 1), SendProduceReqHandler.do
    unexpected = [ValueError("negative file descriptor"), RuntimeError("the handler is closed")]

    async def failing(self, node_id):
        if unexpected:
            raise unexpected.pop()
        await do(self, node_id)

    monkeypatch.setattr(SendProduceReqHandler, "do", failing)
    async with await kafka_bus.producer() as producer:
        for offset in range(3):
            assert (await producer.send(topic, value=b"a", partition=0)).offset == offset
    assert not unexpected
