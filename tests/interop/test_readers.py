"""Stock readers see what the platform wrote: confluent-kafka's deserializer and Kafka's own console consumer."""

import shutil
import subprocess

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from platform_support.running import PREFIX, definition

from hanzo_twin.stack.home import tools
from twin_schemas import codec

TWIN = "interop-read"
# What a topic carries in its stream of one twin.
CARRIED = {
    "sim.journal": {"TwinGenesis", "SourcesAcquired", "ObservationFrame", "Epoch", "Stopped"},
    "sim.predictions": {"PredictionFrame"},
}


@pytest.fixture(scope="module")
def ran(platform):
    """A twin that has run and is stopped, so that nothing more is written of it."""
    body = {"definition": definition(TWIN, rate_hz=20), "scene": "pendulum"}
    twin = platform.call("POST", "/v1/twins", json=body).raise_for_status().json()
    platform.call("POST", f"/v1/twins/{TWIN}/start").raise_for_status()
    key = twin["id"].encode()
    platform.until(
        lambda: [m for m in platform.raw("sim.predictions") if m.key() == key], lambda found: len(found) >= 40
    )
    platform.call("POST", f"/v1/twins/{TWIN}/stop").raise_for_status()
    platform.until(lambda: platform.twin(TWIN), lambda twin: twin["phase"] == "stopped")
    return twin["id"]


@pytest.mark.parametrize("name", ["sim.journal", "sim.predictions"])
def test_a_stock_deserializer_reads_what_was_written(platform, ran, name):
    read = AvroDeserializer(SchemaRegistryClient({"url": platform.connection.api_url}))
    messages = [message for message in platform.raw(name) if message.key() == ran.encode()]
    context = SerializationContext(f"{PREFIX}.{name}", MessageField.VALUE)
    kinds = set()
    for message in messages:
        ours = codec.decode(message.value())
        kinds.add(type(ours).__name__)
        theirs = read(message.value(), context)
        assert theirs.keys() == ours.to_avro().keys()
        assert theirs.get("twin", ran) == ran
        assert theirs.get("tick") == getattr(ours, "tick", None)
    assert len(messages) >= 40
    assert kinds & CARRIED[name]


@pytest.mark.parametrize("name", ["sim.journal", "sim.predictions"])
def test_kafkas_console_consumer_agrees_on_count_and_keys(platform, ran, name):
    everything = platform.raw(name)
    partition = next(m.partition() for m in everything if m.key() == ran.encode())
    ours = [m for m in everything if m.partition() == partition]  # other twins may go on in others meanwhile
    theirs = console(platform.brokers, f"{PREFIX}.{name}", partition, len(ours))
    assert len(theirs) == len(ours)
    assert sorted(theirs) == sorted((m.partition(), m.offset(), m.key().decode()) for m in ours)
    assert sum(key == ran for *_, key in theirs) >= 40


def console(brokers, topic, partition, count):
    """Partition, offset and key of a partition's first records, as Kafka's console consumer prints them."""
    jars = sorted((tools() / "kafka-tools" / "libs").glob("*.jar"))
    assert jars, "make setup-dev fetches Kafka's tools"
    done = subprocess.run(
        [
            shutil.which("java"),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            ":".join(map(str, jars)),
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            *("--bootstrap-server", brokers, "--topic", topic),
            *("--partition", str(partition), "--offset", "earliest"),
            *("--max-messages", str(count), "--timeout-ms", "30000"),
            *("--formatter-property", "print.key=true", "--formatter-property", "print.value=false"),
            *("--formatter-property", "print.partition=true", "--formatter-property", "print.offset=true"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return [(int(p.removeprefix("Partition:")), int(o.removeprefix("Offset:")), key) for p, o, key in lines]
