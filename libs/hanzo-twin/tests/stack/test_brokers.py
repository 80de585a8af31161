"""A stack with three Kafka nodes."""

import pytest

from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.errors import StackError
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.parts.kafka import Cluster, nodes_of, properties
from hanzo_twin.stack.state import Phase
from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import TopicPartition
from twin_schemas.catalogue import catalogue

AHEAD = ("127.0.0.1:1111", "127.0.0.1:1112", "127.0.0.1:1113")


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    with EmbeddedStack(tmp_path_factory.mktemp("three"), parts=("kafka",), brokers=3) as stack:
        yield stack


async def test_a_record_outlives_a_killed_broker(three):
    bus = KafkaBus(three.connection.settings(environ={}).stream)
    topic = catalogue()["dead.letter"].physical()
    async with await bus.producer() as producer:
        before = await producer.send(topic, value=b"before", partition=0)
        three.kill("kafka-2")
        try:
            after = await producer.send(topic, value=b"after", partition=0)
        finally:
            three.restore()
    async with await bus.reader() as reader:
        end = await reader.end_offsets([TopicPartition(topic, 0)])
    assert [before.offset, after.offset + 1] == [after.offset - 1, end[TopicPartition(topic, 0)]]
    assert three.part("kafka-2").phase is Phase.READY


def test_a_home_keeps_its_number_of_brokers(tmp_path):
    (tmp_path / "data" / "kafka").mkdir(parents=True)
    assert nodes_of(Home(tmp_path)) == 1
    with pytest.raises(StackError, match="--brokers 1"):
        EmbeddedStack(tmp_path, parts=("kafka",), brokers=3).start()


def test_two_of_three_nodes_must_have_a_record(tmp_path):
    cluster = Cluster(3)
    at = {name: 20_000 + index for index, name in enumerate(cluster.ports())}
    text = properties(tmp_path, cluster, 1, at).splitlines()
    assert {
        "default.replication.factor=3",
        "min.insync.replicas=2",
        "offsets.topic.replication.factor=3",
    } < set(text)


def test_a_node_names_the_proxy_to_those_who_come_through_it(tmp_path):
    cluster = Cluster(3, {"outside": AHEAD})
    at = {name: 20_000 + index for index, name in enumerate(cluster.ports())}
    said = dict(line.partition("=")[::2] for line in properties(tmp_path, cluster, 2, at).splitlines())
    assert f"OUTSIDE://{AHEAD[1]}" in said["advertised.listeners"]
    assert f"OUTSIDE://127.0.0.1:{at['kafka-2-outside']}" in said["listeners"]
    assert said["inter.broker.listener.name"] == "PLAINTEXT"
    assert "OUTSIDE" not in said["controller.quorum.voters"]
