"""With an external schema registry its ids are on the wire, and what it lacks is named at the start."""

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from registry_support.registries import PREFIX, with_ids_of_its_own

from api_gateway.domain.registry import Registry
from twin_common.errors import SettingsError
from twin_common.schema_ids import use_registry
from twin_common.settings.standard import Stream
from twin_schemas import codec, examples, registry, releases
from twin_schemas.errors import RegistryUnreachable
from twin_schemas.layout import layout
from twin_schemas.records import StartTwin


@pytest.fixture(autouse=True)
def restored():
    yield
    codec.use(None)


async def test_records_are_written_with_the_ids_of_an_external_registry_and_read_by_its_clients(serve):
    url = serve(with_ids_of_its_own())
    ours = codec.schema_id(codec.encode(StartTwin("pendulum")))
    await use_registry(Stream(registry_url=url))
    decode = AvroDeserializer(SchemaRegistryClient({"url": url}))
    for example in examples.load("StartTwin").values():
        data = codec.encode(example)
        assert codec.schema_id(data) == 100_000 - ours
        assert codec.decode(data) == example
        assert decode(data, SerializationContext("any", MessageField.VALUE)) == example.to_avro()


async def test_the_gateway_serves_the_ids_that_are_on_the_wire(serve):
    await use_registry(Stream(registry_url=serve(with_ids_of_its_own())))
    served = Registry.of_catalogue(PREFIX)
    data = codec.encode(StartTwin("pendulum"))
    assert served.schema(codec.schema_id(data)).type == "hanzo.twin.StartTwin"


async def test_a_subject_that_an_external_registry_lacks_is_named_at_the_start(serve):
    url = serve(with_ids_of_its_own(drop=("StartTwin",)))
    with pytest.raises(SettingsError, match=r"hanzo\.twin\.StartTwin .*python -m twin_schemas register"):
        await use_registry(Stream(registry_url=url))
    assert codec.decode(codec.encode(StartTwin("pendulum"))) == StartTwin("pendulum")


async def test_without_an_external_registry_the_ids_are_the_catalogues_own():
    before = codec.encode(StartTwin("pendulum"))
    await use_registry(Stream())
    assert codec.encode(StartTwin("pendulum")) == before


def test_a_registry_that_does_not_answer_is_named():
    with pytest.raises(RegistryUnreachable, match=r"http://127\.0\.0\.1:9/ doesn't answer"):
        registry.ids("http://127.0.0.1:9/")


def test_registering_what_is_there_already_changes_nothing(serve):
    assert registry.register(serve(with_ids_of_its_own())) == len(releases.load(layout().ids))


def test_a_registry_that_takes_nothing_says_why(serve):
    with pytest.raises(RegistryUnreachable, match="read-only"):
        registry.register(serve(with_ids_of_its_own(drop=("StartTwin",))))
