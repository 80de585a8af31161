"""A stock registry client, serializer and deserializer work with the gateway's registry paths."""

import json
import math

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from twin_schemas import codec, examples, releases
from twin_schemas.layout import layout
from twin_schemas.records import RECORD_TYPES

KNOWN = releases.load(layout().ids)
VALUE = SerializationContext("hanzo.twin.anything", MessageField.VALUE)


@pytest.fixture(scope="module")
def client(registry_url):
    return SchemaRegistryClient({"url": registry_url})


def same(left, right):
    """Equality in which NaN equals itself."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_every_example_of_every_type_is_decoded_by_a_stock_deserializer(client, name):
    decode = AvroDeserializer(client)
    for example in examples.load(name).values():
        assert same(decode(codec.encode(example), VALUE), plain(example.to_avro()))


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_every_example_of_every_type_is_written_by_a_stock_serializer_as_by_our_codec(client, name):
    newest = client.get_latest_version(f"hanzo.twin.{name}")
    write = AvroSerializer(
        client,
        newest.schema.schema_str,
        conf={
            "auto.register.schemas": False,
            "use.latest.version": False,
            "subject.name.strategy": record_subject_name_strategy,
        },
    )
    for example in examples.load(name).values():
        data = write(example.to_avro(), VALUE)
        assert data == codec.encode(example)
        assert same(codec.decode(data).to_avro(), example.to_avro())


def plain(value):
    """Avro data as a stock reader gives it: without the names that our unions of records carry."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return plain(value[1])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def test_every_release_is_there_under_its_own_id_and_version(client):
    for release in KNOWN:
        found = client.get_version(f"hanzo.twin.{release.type}", release.version)
        assert found.schema_id == release.id
        assert json.loads(client.get_schema(release.id).schema_str) == releases.schema_of(layout(), release)
    assert client.get_versions("hanzo.twin.StartTwin") == [r.version for r in KNOWN if r.type == "StartTwin"]


@pytest.mark.parametrize(
    "subject",
    [
        "hanzo.twin.CreateTwin",
        "hanzo.twin.control.commands-hanzo.twin.CreateTwin",
        "hanzo.twin.twin.specs-value",
        "hanzo.twin.pendulum-value",
        "hanzo.twin.pendulum-hanzo.twin.TwinPrediction",
    ],
)
def test_a_schema_is_found_under_the_subject_of_every_naming_strategy(client, subject):
    newest = client.get_latest_version(subject)
    assert client.lookup_schema(subject, newest.schema).version == newest.version


def test_documentation_and_spelling_of_a_schema_do_not_count(client):
    schema = json.loads(client.get_latest_version("hanzo.twin.StartTwin").schema.schema_str)
    namespace, _, schema["name"] = schema["name"].rpartition(".")
    schema |= {"namespace": namespace, "doc": "Mine."}
    for field in schema["fields"]:
        del field["doc"]
    assert client.lookup_schema("hanzo.twin.StartTwin", Schema(json.dumps(schema), "AVRO")).version == 2


def test_a_serializer_that_may_register_finds_what_is_there(client):
    newest = client.get_latest_version("hanzo.twin.StartTwin")
    assert client.register_schema("hanzo.twin.StartTwin", newest.schema) == newest.schema_id


def test_a_schema_of_somebody_elses_is_not_registered(client):
    mine = Schema(json.dumps({"type": "record", "name": "Mine", "fields": []}), "AVRO")
    with pytest.raises(SchemaRegistryError) as refused:
        client.register_schema("hanzo.twin.StartTwin", mine)
    assert (refused.value.http_status_code, refused.value.error_code) == (422, 42205)


@pytest.mark.parametrize(
    ("ask", "error_code"),
    [
        (lambda c: c.get_latest_version("nobody"), 40401),
        (lambda c: c.get_versions("nobody"), 40401),
        (lambda c: c.get_version("hanzo.twin.StartTwin", 99), 40402),
        (lambda c: c.get_schema(99_999), 40403),
        (lambda c: c.lookup_schema("hanzo.twin.StartTwin", Schema('"string"', "AVRO")), 40403),
        (lambda c: c.lookup_schema("hanzo.twin.StartTwin", Schema("{", "AVRO")), 42201),
        (lambda c: c.lookup_schema("hanzo.twin.StartTwin", Schema('{"type": "no"}', "AVRO")), 42201),
        (lambda c: c.lookup_schema("hanzo.twin.StartTwin", Schema("{}", "JSON")), 42201),
        (lambda c: c.delete_subject("hanzo.twin.StartTwin"), 42205),
        (lambda c: c.delete_version("hanzo.twin.StartTwin", 1), 42205),
        (lambda c: c.set_compatibility(level="NONE"), 42205),
        (lambda c: c.get_compatibility("hanzo.twin.StartTwin"), 40408),
        (lambda c: c.get_mode("hanzo.twin.StartTwin"), 40409),
    ],
)
def test_what_cannot_be_answered_has_the_error_code_of_a_registry(client, ask, error_code):
    with pytest.raises(SchemaRegistryError) as refused:
        ask(client)
    assert (refused.value.error_code, refused.value.http_status_code) == (error_code, error_code // 100)


def test_settings_say_that_it_is_read_only_and_how_schemas_change(client):
    assert client.get_compatibility() == "BACKWARD_TRANSITIVE"
    assert client.get_global_mode() == "READONLY"
    assert client.get_schema_types() == ["AVRO"]


def test_the_subjects_of_twins_are_not_listed(client):
    subjects = client.get_subjects()
    assert "hanzo.twin.sim.journal-hanzo.twin.TwinGenesis" in subjects
    assert not [subject for subject in subjects if subject.endswith("TwinPrediction") and "-" in subject]
    assert client.get_subjects_by_schema_id(1) == [s for s in subjects if s.endswith("ApplyParameters")]
