"""A real broker that asks for TLS, and for passwords or client certificates."""

import importlib
import subprocess
import time
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Offset, Subscription
from twin_common.errors import BrokerRefused, BrokerUnreachable, SettingsError
from twin_common.settings.standard import Stream
from twin_common.testing.bus_steps import make, take
from twin_common.testing.certificates import Authority

SECURE = """
listeners=PLAINTEXT://{host}:{kafka},CONTROLLER://{host}:{controller},SASL_SSL://{host}:{sasl},SSL://{host}:{mutual}
advertised.listeners=PLAINTEXT://{host}:{kafka},SASL_SSL://{host}:{sasl},SSL://{host}:{mutual}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """The broker's ports and the files of its authority."""
    part = importlib.import_module("hanzo_twin.stack.parts.kafka")
    image = importlib.import_module("hanzo_twin.stack.parts.kafka_image").find_image()
    ports_of = importlib.import_module("hanzo_twin.stack.ports")
    probes = importlib.import_module("hanzo_twin.stack.probes")
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder / "tls")
    server = authority.certificate("broker")
    ports = ports_of.choose({"kafka": 0, "controller": 0, "sasl": 0, "mutual": 0}, {})
    at = {"kafka": ports["kafka"], "kafka-controller": ports["controller"]}
    part.write_config(folder / "config", part.properties(folder / "data", part.Cluster(), 1, at))
    properties = folder / "config" / "server.properties"
    secure = SECURE.format(host=ports_of.HOST, keys=server.both_file, ca=authority.ca_file, **ports)
    properties.write_text(properties.read_text() + secure)
    user = f"SCRAM-SHA-512=[name=twin,password={PASSWORD}]"
    cluster = "--cluster-id=MkU3OEVBNTcwNTJENDM2Qk"
    tool = image.java(
        "kafka.tools.StorageTool", "format", cluster, "-c", str(properties), "--add-scram", user
    )
    subprocess.run(tool, check=True, capture_output=True)
    with (folder / "log").open("wb") as log:
        broker = subprocess.Popen(part.command(image, folder / "config"), stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    while not probes.kafka(ports["kafka"]):
        assert broker.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.05)
    yield SimpleNamespace(authority=authority, host=ports_of.HOST, folder=folder, **ports)
    broker.kill()
    broker.wait()


@pytest.fixture
def by_password(secured):
    return Stream(
        brokers=f"{secured.host}:{secured.sasl}",
        security_protocol="SASL_SSL",
        ca_file=str(secured.authority.ca_file),
        sasl_username="twin",
        sasl_password=SecretStr(PASSWORD),
    )


@pytest.fixture
def by_certificate(secured):
    client = secured.authority.certificate("client")
    return Stream(
        brokers=f"{secured.host}:{secured.mutual}",
        security_protocol="SSL",
        ca_file=str(secured.authority.ca_file),
        cert_file=str(client.cert_file),
        key_file=str(client.key_file),
    )


@pytest.fixture(params=["by_password", "by_certificate"])
def stream(request):
    return request.getfixturevalue(request.param)


async def test_every_kind_of_client_works_over_tls(stream, topic_prefix):
    bus = KafkaBus(stream)
    topic = await make(bus, f"{topic_prefix}.t", 1)
    async with await bus.producer() as producer:
        await producer.send(topic, key=b"k", value=b"v")
    async with await bus.consumer(Subscription((topic,), topic_prefix)) as consumer:
        (record,) = await take(consumer, 1)
        await consumer.commit({record.tp: Offset(record.offset + 1)})
    assert (record.key, record.value) == (b"k", b"v")
    async with await bus.reader() as reader:
        assert await reader.partitions(topic)


async def refused(stream):
    for opened in (KafkaBus(stream).producer, KafkaBus(stream).admin):
        with pytest.raises(BrokerRefused) as caught:
            await opened()
        assert PASSWORD not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("changes", [{"sasl_password": SecretStr("wrong")}, {"sasl_username": "nobody"}])
async def test_a_wrong_password_is_told_apart_from_a_dead_broker(by_password, changes):
    assert "stream.sasl_password" in await refused(by_password.model_copy(update=changes))


async def test_another_mechanism_is_named(by_password):
    assert "sasl_mechanism" in await refused(by_password.model_copy(update={"sasl_mechanism": "PLAIN"}))


async def test_a_broker_whose_certificate_is_not_trusted_is_not_spoken_to(stream, tmp_path):
    other = Authority(tmp_path, "another authority")
    assert "stream.ca_file" in await refused(stream.model_copy(update={"ca_file": str(other.ca_file)}))


async def test_a_missing_client_certificate_is_named(by_certificate):
    without = by_certificate.model_copy(update={"cert_file": None, "key_file": None})
    assert "stream.cert_file" in await refused(without)


async def test_a_dead_broker_is_unreachable(stream):
    with pytest.raises(BrokerUnreachable):
        await KafkaBus(stream.model_copy(update={"brokers": "127.0.0.1:1"})).producer()


async def test_a_certificate_that_is_not_there_is_a_wrong_setting(by_certificate):
    with pytest.raises(SettingsError, match=r"stream\.cert_file"):
        await KafkaBus(by_certificate.model_copy(update={"cert_file": "/no/such/file"})).producer()
