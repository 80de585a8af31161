"""The runner on a real broker."""

import asyncio

from twin_common.bus.envelope import Envelope
from twin_common.bus.types import NewTopic, Subscription, TopicPartition
from twin_common.runner import Runner
from twin_schemas.codec import decode, encode
from twin_schemas.records import StartTwin


async def test_records_are_handled_once_over_two_members_that_come_and_go(kafka_bus, topic_prefix):
    topic, dead = f"{topic_prefix}.control.commands", f"{topic_prefix}.dead.letter"
    tps = [TopicPartition(topic, number) for number in range(4)]
    handled, all_done = [], asyncio.Event()

    async def handle(record, message):
        handled.append(record.twin)
        if len(handled) == 200:
            all_done.set()

    def runner(name):
        subscription = Subscription((topic,), topic_prefix, instance_id=f"{topic_prefix}-{name}")
        return Runner(kafka_bus, subscription, {StartTwin: handle}, service="test", dead_letter_topic=dead)

    async with (
        await kafka_bus.admin() as admin,
        await kafka_bus.producer() as producer,
        await kafka_bus.reader() as reader,
    ):
        await admin.create_topics([NewTopic(topic, 4), NewTopic(dead, 1)])
        stops = {name: asyncio.Event() for name in "ab"}
        tasks = {name: asyncio.create_task(runner(name).run(stop)) for name, stop in stops.items()}
        for number in range(200):
            sent = Envelope.new(type="StartTwin", source="test", org="local")
            await producer.send(
                topic, value=encode(StartTwin(twin=str(number))), partition=number % 4, headers=sent.headers()
            )
            if number == 100:
                stops["b"].set()
                await tasks["b"]
        await producer.send(topic, value=b"junk", partition=0)
        async with asyncio.timeout(60):
            await all_done.wait()
            await reader.assign(TopicPartition(dead, 0))
            letter = decode((await anext(reader.tail())).value)
        stops["a"].set()
        await tasks["a"]
        assert sorted(map(int, handled)) == list(range(200))
        committed = await admin.committed(topic_prefix)
        assert {tp: committed[tp].offset for tp in tps} == await admin.end_offsets(tps)
    assert (letter.topic, letter.code, letter.value) == (topic, "corrupt_record", b"junk")
