"""The least that the same path can cost: bytes from MQTT to a topic, to another topic, and back to MQTT.

Two processes, as the platform's: `bridge` takes what MQTT brings to the first topic and what the second brings to
MQTT; `middle` takes the first topic to the second. Nothing is decoded, checked or kept.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from urllib.parse import urlsplit

import gmqtt
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def bridge(options: argparse.Namespace, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer) -> None:
    """MQTT to the first topic, the second to MQTT."""
    client = gmqtt.Client("echo")

    async def receive(_: object, topic: str, payload: bytes, *__: object) -> int:
        await producer.send(options.topics[0], payload, key=topic.split("/")[1].encode())
        return 0

    client.on_message = receive
    address = urlsplit(options.broker)
    await client.connect(address.hostname, address.port or 1883)
    client.subscribe(f"{options.prefix}/+/sensors/#", qos=0)
    print("ready", flush=True)
    async for record in consumer:
        client.publish(f"{options.prefix}/{record.key.decode()}/twin/predictions", record.value, qos=0)


async def middle(options: argparse.Namespace, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer) -> None:
    """The first topic to the second."""
    print("ready", flush=True)
    async for record in consumer:
        await producer.send(options.topics[1], record.value, key=record.key)


async def main(options: argparse.Namespace) -> None:
    source = options.topics[1] if options.role == "bridge" else options.topics[0]
    producer = AIOKafkaProducer(bootstrap_servers=options.brokers, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(source, bootstrap_servers=options.brokers, auto_offset_reset="latest")
    await producer.start()
    await consumer.start()
    task = asyncio.create_task(
        {"bridge": bridge, "middle": middle}[options.role](options, producer, consumer)
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass
    finally:
        await consumer.stop()
        await producer.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["bridge", "middle"])
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--broker", required=True, help="of MQTT")
    parser.add_argument("--prefix", default="plant")
    parser.add_argument("--topics", nargs=2, required=True)
    uvloop.run(main(parser.parse_args()))
