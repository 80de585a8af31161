"""Prints a twin's predictions from its Kafka topic, with stock confluent-kafka: python predictions.py arm 5"""

import os
import sys

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

twin, count = sys.argv[1], int(sys.argv[2])
topic = f"hanzo.twin.{twin}"
decode = AvroDeserializer(SchemaRegistryClient({"url": os.environ["API"]}))
consumer = Consumer(
    {
        "bootstrap.servers": os.environ["BROKERS"],
        "group.id": f"predictions-{os.getpid()}",
        "auto.offset.reset": "latest",
    }
)
consumer.subscribe([topic])
while count > 0:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    prediction = decode(message.value(), SerializationContext(topic, MessageField.VALUE))
    values = {value["path"]: value["values"] for value in prediction["values"]}
    print(prediction["tick"], values, flush=True)
    count -= 1
consumer.close()
