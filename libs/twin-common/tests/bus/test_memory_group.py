"""The memory bus's groups, whatever members do."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic, Offset, Subscription

steps = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "close", "vanish", "poll"]), st.integers(0, 3)), max_size=25
)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(1, 5))
async def test_every_partition_ends_with_exactly_one_member_and_no_record_is_skipped(steps, partitions):
    bus = MemoryBus()
    members, delivered = {}, set()

    async def poll(consumer):
        records = await consumer.poll(timeout=0)
        delivered.update((record.partition, record.offset) for record in records)
        await consumer.commit({record.tp: Offset(record.offset + 1) for record in records})

    async with await bus.admin() as admin, await bus.producer() as producer:
        await admin.create_topics([NewTopic("t", partitions)])
        for number, (step, name) in enumerate(steps):
            await producer.send("t", value=b"x", partition=number % partitions)
            if step == "join" and name not in members:
                instance = f"static-{name}" if name < 2 else None
                members[name] = await bus.consumer(
                    Subscription(("t",), "g", instance_id=instance, session_timeout_ms=1)
                )
            elif step == "poll" and name in members:
                await poll(members[name])
            elif step == "vanish" and name in members:
                members.pop(name).vanish()
            elif step in ("leave", "close") and name in members:
                await getattr(members.pop(name), step)()
        members["last"] = await bus.consumer(Subscription(("t",), "g"))
        await asyncio.sleep(0.005)  # the sessions of those who went without a word end after 1 ms
        for _ in range(6):
            for member in members.values():
                await poll(member)
        held = [tp for member in members.values() for tp in member.assignment()]
        assert sorted(tp.partition for tp in held) == list(range(partitions))
        assert delivered == {(record.partition, record.offset) for record in bus.records("t")}
