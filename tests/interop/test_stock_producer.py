"""A stock Avro producer, with schemas from the gateway's registry paths, commands the platform."""

import uuid

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient, record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from platform_support.running import PREFIX, definition

TOPIC = f"{PREFIX}.control.commands"


@pytest.fixture
def send(platform):
    """Sends one command as any program may that knows no more than the documentation says."""
    registry = SchemaRegistryClient({"url": platform.connection.api_url})
    producer = Producer({"bootstrap.servers": platform.brokers, "acks": "all"})

    def sent(kind, key, value, *, org="local", token=None, **headers):
        schema = registry.get_latest_version(f"hanzo.twin.{kind}").schema
        write = AvroSerializer(
            registry,
            schema,
            conf={
                "auto.register.schemas": False,
                "subject.name.strategy": record_subject_name_strategy,
            },
        )
        envelope = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid.uuid4()),
            "ce_type": kind,
            "ce_source": "stock-producer",
            "ce_time": "2026-11-21T12:00:00Z",
            "ce_org": org,
            "ce_correlationid": "by-hand",
            "authorization": f"Bearer {token or platform.token(org=org)}",
        } | headers
        producer.produce(
            TOPIC,
            key=key,
            value=write(value, SerializationContext(TOPIC, MessageField.VALUE)),
            headers={name: text.encode() for name, text in envelope.items()},
        )
        assert producer.flush(10) == 0
        return envelope["ce_id"]

    return sent


def creation(name):
    return {"definition": definition(name), "scene": "pendulum", "scene_version": None, "reason": ""}


def test_a_create_twin_of_a_stock_avro_producer_takes_effect(platform, send):
    send("CreateTwin", "interop-made", creation("interop-made"))
    twin = platform.until(lambda: platform.twin("interop-made"), lambda twin: twin.get("phase") == "created")
    assert twin["updated_by"] == "tester"


def test_a_command_sent_twice_by_a_stock_producer_has_its_effect_once(platform, send):
    same = str(uuid.uuid4())
    for _ in range(2):
        send("CreateTwin", "interop-once", creation("interop-once"), ce_id=same)
    twin = platform.until(lambda: platform.twin("interop-once"))
    answers = platform.until(
        lambda: [
            record
            for message, record in platform.records("control.events")
            if dict(message.headers() or ()).get("ce_causationid") == same.encode()
        ],
        lambda found: len(found) >= 1,
    )
    assert {type(answer).__name__ for answer in answers} <= {
        "ControlAccepted",
        "TwinPhaseChanged",
        "TwinRevised",
    }
    specs = [
        record for _, record in platform.records("twin.specs") if record and record.name == "interop-once"
    ]
    assert [spec.revision for spec in specs] == [twin["revision"]]


def test_a_forged_token_on_the_bus_is_refused_and_nothing_is_made(platform, send):
    token = platform.token(org="local")
    forged = token[:-8] + ("A" * 8 if not token.endswith("A" * 8) else "B" * 8)
    sent = send("CreateTwin", "interop-forged", creation("interop-forged"), token=forged)
    (answer,) = platform.until(
        lambda: [
            record
            for message, record in platform.records("control.events")
            if dict(message.headers() or ()).get("ce_causationid") == sent.encode()
        ]
    )
    assert (type(answer).__name__, answer.code) == ("ControlRefused", "unauthenticated")
    assert platform.twin("interop-forged") == {}
