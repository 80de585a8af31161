"""A broker that was set back gets what it has lost once more, and nothing else."""

import asyncio
import contextlib

import asyncpg
import pytest

from scene_manager.adapters.delivery import BusDelivery
from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.rechecking import Recheck
from scene_manager.adapters.relay import Relay
from scene_manager.domain.outbox import Draft, Kind
from twin_common.bus.topics import create_topics
from twin_common.bus.types import TopicPartition
from twin_schemas.catalogue import catalogue, public_topic, topic

SPECS = topic("twin.specs").physical()
ROW = "INSERT INTO outbox (lane, kind, subject, key, value, headers) VALUES ($1, $2, $3, $4, $5, '[]')"


@pytest.fixture
async def published(database, memory_bus):
    """A twin with its topic and two values of its spec, and another one, all delivered."""
    async with await memory_bus.admin() as admin, await memory_bus.producer() as producer:
        await create_topics(admin, catalogue(), "hanzo.twin", partitions=1)

        async def nothing(_digest):
            pass

        delivery = BusDelivery(producer, admin, nothing, prefix="hanzo.twin", replication=None)
        outbox = PostgresOutbox(database)
        connection = await asyncpg.connect(database)
        try:
            for lane, kind, subject, key, value in (
                ("b", "publish", "twin.specs", "b", b"other"),
                ("a", "create_topic", "arm", "", None),
                ("a", "publish", "twin.specs", "a", b"one"),
                ("a", "publish", "control.events", "a", b"an event"),
                ("a", "publish", "twin.specs", "a", b"two"),
            ):
                await connection.execute(ROW, lane, kind, subject, key, value)
            relay = asyncio.create_task(
                Relay(outbox, delivery.deliver, wake=asyncio.Event(), poll_s=0.02).run()
            )
            await sent(connection)
            yield Recheck(outbox, memory_bus, "hanzo.twin", confirm_s=0.0), memory_bus, connection
            relay.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await relay
        finally:
            await connection.close()


async def sent(connection):
    """Everything is delivered."""
    async with asyncio.timeout(20):
        while await connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def specs(bus):
    return [(record.key, record.value) for record in bus.records(SPECS)]


async def test_what_is_there_is_not_published_again(published):
    recheck, bus, connection = published
    before = specs(bus)
    assert await recheck.look() == set()
    await sent(connection)
    assert specs(bus) == before


async def test_a_spec_that_the_broker_has_lost_is_published_again(published):
    recheck, bus, connection = published
    bus.rewind(TopicPartition(SPECS, 0), len(specs(bus)) - 1)
    assert (b"a", b"two") not in specs(bus)
    assert await recheck.look() == {"a"}
    await sent(connection)
    assert specs(bus)[-1] == (b"a", b"two")
    assert await recheck.look() == set()


async def test_a_public_topic_that_the_broker_has_lost_is_created_again(published):
    recheck, bus, connection = published
    name = public_topic("arm").physical("hanzo.twin")
    async with await bus.admin() as admin:
        await admin.delete_topics([name])
        assert await recheck.look() == {"a"}
        await sent(connection)
        assert name in await admin.list_topics()


class Changing:
    """An outbox in which a spec, and the removal of a topic, are noted while the broker is read."""

    def __init__(self) -> None:
        self.looks, self.doubted, self.repeated = 0, set(), []

    async def newest_sent(self, topics):
        self.looks += 1
        value = b"one" if self.looks == 1 else b"two"
        return [Draft("a", Kind.PUBLISH, "twin.specs", "a", value)]

    async def topics_sent(self):
        return [Draft("a", Kind.CREATE_TOPIC, "gone")] if not self.looks else []

    async def doubt(self, lanes):
        self.doubted |= lanes

    async def repeat(self, drafts):
        self.repeated += drafts


async def test_what_changes_while_it_is_compared_is_not_taken_for_lost(published):
    _, bus, _ = published
    outbox = Changing()
    assert await Recheck(outbox, bus, "hanzo.twin", confirm_s=0.0).look() == set()
    assert (outbox.looks, outbox.doubted, outbox.repeated) == (2, set(), [])
