"""Publishes a command straight to Kafka and prints what became of it, with stock confluent-kafka.

python command.py stop arm
python command.py start arm
python command.py move arm /World/Arm/shoulder 0.2
"""

import json
import os
import sys
import urllib.request
import uuid
from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient, record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

API, BROKERS, TOKEN = os.environ["API"], os.environ["BROKERS"], os.environ["TOKEN"]
REGISTRY = SchemaRegistryClient({"url": API})
ANSWERS = {"ControlAccepted", "ControlRefused", "CommandApplied", "CommandRefused"}


def show(path: str) -> dict[str, object]:
    """What the API says at a path."""
    request = urllib.request.Request(f"{API}/v1{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def encode(topic: str, kind: str, record: dict[str, object]) -> bytes:
    """A record in Avro with the id of its schema before it; the schema is the registry's own."""
    schema = REGISTRY.get_latest_version(f"hanzo.twin.{kind}").schema.schema_str
    rules = {"auto.register.schemas": False, "subject.name.strategy": record_subject_name_strategy}
    return AvroSerializer(REGISTRY, schema, conf=rules)(
        record, SerializationContext(topic, MessageField.VALUE)
    )


def headers(command: str, kind: str, who: dict[str, object]) -> list[tuple[str, str]]:
    """A CloudEvents envelope: which command, of what type, from whom; the token says who may."""
    return [
        ("ce_specversion", "1.0"),
        ("ce_id", command),
        ("ce_type", kind),
        ("ce_source", "command.py"),
        ("ce_time", datetime.now(UTC).isoformat()),
        ("ce_org", str(who["organization"])),
        ("ce_actor", str(who["actor"])),
        ("ce_correlationid", command),
        ("authorization", f"Bearer {TOKEN}"),
    ]


def events() -> Consumer:
    """A consumer of control.events that begins at what comes next."""
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "unused", "enable.auto.commit": False})
    topic = "hanzo.twin.control.events"
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ends = [
        TopicPartition(topic, p, consumer.get_watermark_offsets(TopicPartition(topic, p))[1])
        for p in partitions
    ]
    consumer.assign(ends)
    return consumer


def outcome(consumer: Consumer, command: str) -> dict[str, object]:
    """The record that the command has led to."""
    decode = AvroDeserializer(REGISTRY)
    while True:
        message = consumer.poll(1)
        if message is None or message.error() or message.value() is None:
            continue
        said = {name: value.decode() for name, value in message.headers() or []}
        if said.get("ce_causationid") == command and said["ce_type"] in ANSWERS:
            record = decode(message.value(), SerializationContext(message.topic(), MessageField.VALUE))
            return {"type": said["ce_type"], **record}


def main(verb: str, twin: str, *rest: str) -> None:
    """Send one command."""
    command = str(uuid.uuid4())
    there = show(f"/twins/{twin}")
    if verb == "move":
        topic, kind, partition = "hanzo.twin.sim.commands", "SetJointCommand", there["placement"]["partition"]
        target = {"joint": rest[0], "mode": "position", "value": float(rest[1])}
        record = {"twin": there["id"], "command_id": command, "effect_time_ns": None, "targets": [target]}
    else:
        topic, kind, partition = "hanzo.twin.control.commands", f"{verb.title()}Twin", -1
        record = {"twin": there["id"], "expected_revision": None, "reason": "asked over Kafka"}
    answers = events()
    producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True})
    envelope = headers(command, kind, show("/whoami"))
    producer.produce(topic, encode(topic, kind, record), str(there["id"]), partition, headers=envelope)
    producer.flush(10)
    print(json.dumps(outcome(answers, command), default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
