"""Members that are killed or frozen, and a broker that is killed."""

import asyncio
import importlib
import signal
import sys
import textwrap

import pytest

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Subscription, TopicPartition
from twin_common.settings.standard import Stream
from twin_common.testing.bus_steps import make, settle, take

MEMBER = """
import asyncio, sys
from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Offset, Subscription
from twin_common.errors import CommitFenced
from twin_common.settings.standard import Stream

brokers, topic, group = sys.argv[1:]

async def commit(consumer, tps):
    try:
        await consumer.commit({tp: Offset(1, "zombie") for tp in tps})
    except CommitFenced:
        print("fenced", flush=True)

async def assigned(consumer, tps):
    print("assigned", len(tps), flush=True)

async def main():
    wanted = Subscription((topic,), group, instance_id=group + "-member", session_timeout_ms=1000,
                          on_assigned=assigned, on_revoked=commit)
    async with await KafkaBus(Stream(brokers=brokers)).consumer(wanted) as consumer:
        while True:
            await consumer.poll(timeout=0.05)

asyncio.run(main())
"""


@pytest.fixture
async def pair(kafka, kafka_bus, topic_prefix):
    """A member in this process and one in its own, with one partition each."""
    topic = await make(kafka_bus, f"{topic_prefix}.t", 2)
    wanted = Subscription((topic,), topic_prefix, instance_id=f"{topic_prefix}-here", session_timeout_ms=1000)
    async with await kafka_bus.consumer(wanted) as here:
        there = await asyncio.create_subprocess_exec(
            sys.executable, "-c", textwrap.dedent(MEMBER), kafka.brokers, topic, topic_prefix,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(60):
            while await said(here, there) != "assigned 1":
                pass
        await settle(here, partitions=1)
        yield here, there
        if there.returncode is None:
            there.kill()
        await there.wait()


async def said(here, there):
    """The next line of the other process, while this member goes on polling."""
    line = asyncio.ensure_future(there.stdout.readline())
    while not line.done():
        await here.poll(timeout=0.05)
    return line.result().decode().strip()


async def test_a_killed_members_partitions_move_to_the_others(pair):
    here, there = pair
    there.kill()
    await settle(here, partitions=2, within=60)


async def test_a_frozen_member_is_replaced_and_its_late_commit_is_fenced(pair, kafka_bus, topic_prefix):
    here, there = pair
    there.send_signal(signal.SIGSTOP)
    await settle(here, partitions=2, within=60)
    there.send_signal(signal.SIGCONT)
    async with asyncio.timeout(60):
        assert await said(here, there) == "fenced"
        assert await said(here, there) == "assigned 1"
    async with await kafka_bus.admin() as admin:
        assert await admin.committed(topic_prefix) == {}


async def test_a_killed_broker_loses_and_repeats_nothing(tmp_path):
    stack = importlib.import_module("hanzo_twin.stack").EmbeddedStack(tmp_path, parts=("kafka",))
    with stack:
        bus = KafkaBus(Stream(brokers=stack.connection.brokers))
        topic = await make(bus, "t")
        async with (
            await bus.producer() as producer,
            await bus.consumer(Subscription((topic,), "g")) as consumer,
        ):
            written = []
            for number in range(300):
                written.append(await producer.post(topic, value=b"%d" % number, partition=0))
                if number == 150:
                    await asyncio.to_thread(stack.kill, "kafka")
                    restart = asyncio.ensure_future(asyncio.to_thread(stack.restore))
                await asyncio.sleep(0.001)
            await restart
            await producer.flush()
            assert [position.offset for position in await asyncio.gather(*written)] == list(range(300))
            found = await take(consumer, 300, within=60)
            assert [int(record.value) for record in found] == list(range(300))
            assert await consumer.position(TopicPartition(topic, 0)) == 300
