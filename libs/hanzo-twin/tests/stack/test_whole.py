"""All four parts at once, in one stack that the tests share."""

import asyncpg
import pytest

from hanzo_twin.stack import EmbeddedStack
from twin_common.bus.kafka.bus import KafkaBus
from twin_schemas.catalogue import catalogue


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with EmbeddedStack(tmp_path_factory.mktemp("whole")) as stack:
        yield stack


@pytest.fixture
def settings(stack):
    return stack.connection.settings(environ={})


@pytest.fixture
def s3(stack, s3_of):
    return s3_of(stack)


async def _topics(settings):
    async with await KafkaBus(settings.stream).admin() as admin:
        return await admin.list_topics()


async def test_the_topics_of_the_catalogue_are_there(settings):
    assert await _topics(settings) == {spec.physical() for spec in catalogue().values()}


def test_the_buckets_are_there(settings, s3):
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert names == set(settings.storage.buckets.model_dump().values())


def test_the_whole_stack_listens_on_loopback_only(stack, everyone):
    listening = [
        connection.laddr.ip
        for process in everyone(stack.state)
        for connection in process.process().net_connections("inet")
        if connection.status == "LISTEN"
    ]
    assert len(listening) >= 10
    assert set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}


async def test_a_second_start_keeps_the_data(stack, settings, s3):
    url = settings.database.url.get_secret_value()
    database = await asyncpg.connect(url)
    await database.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await database.close()
    s3.put_object(Bucket="hanzo-twin-scenes", Key="scene", Body=b"usd")
    topics = await _topics(settings)

    stack.stop()
    stack.start()

    assert stack.connection.settings(environ={}) == settings
    database = await asyncpg.connect(url)
    assert await database.fetchval("SELECT answer FROM kept") == 42
    await database.close()
    assert s3.get_object(Bucket="hanzo-twin-scenes", Key="scene")["Body"].read() == b"usd"
    assert await _topics(settings) == topics
    assert "0 topics created" in "\n".join(stack.log("supervisor"))
