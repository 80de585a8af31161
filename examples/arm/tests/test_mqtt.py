"""The plant as a process, heard and commanded over a real broker."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gmqtt import Client

PLANT = Path(__file__).parents[1] / "plant.py"
Heard = list[dict[str, list[float]]]


@pytest.fixture
async def heard(mqtt_url: str) -> AsyncIterator[tuple[Client, Heard]]:
    """A client, and what it has heard of the plant so far."""
    messages: Heard = []
    client = Client("listener")
    subscribed = asyncio.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _, topic, payload, *__: messages.append(json.loads(payload)) or 0
    address = urlsplit(mqtt_url)
    await client.connect(address.hostname, address.port)
    client.subscribe("plant/arm/sensors/#", qos=1)
    await asyncio.wait_for(subscribed.wait(), 10)
    yield client, messages
    await client.disconnect()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 - what was heard is polled
            await asyncio.sleep(0.02)


async def start(mqtt_url: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(PLANT), "--broker", mqtt_url, *arguments, stderr=asyncio.subprocess.PIPE
    )


async def test_what_is_heard_is_what_the_send_log_says(
    mqtt_url: str, heard: tuple[Client, Heard], tmp_path: Path
) -> None:
    log = tmp_path / "sent.jsonl"
    process = await start(mqtt_url, "--seconds", "1", "--rate", "20", "--log", str(log))
    _, words = await process.communicate()
    assert process.returncode == 0, words.decode()
    await until(lambda: len(heard[1]) >= 20)
    sent = [json.loads(line) for line in log.read_text().splitlines()]
    said = ("sequence", "time_ns", "name", "position", "velocity", "effort")
    assert heard[1] == [{key: message[key] for key in said} for message in sent]
    assert [message["sequence"] for message in sent] == list(range(20))
    assert all(
        message["time_ns"] - sent[0]["time_ns"] == round(message["sequence"] * 1e9 / 20) for message in sent
    )


async def test_a_command_moves_the_arm_and_nonsense_is_one_clear_sentence(
    mqtt_url: str, heard: tuple[Client, Heard]
) -> None:
    client, messages = heard
    process = await start(mqtt_url, "--torque", "0,0")
    try:
        await until(lambda: len(messages) >= 3)
        assert process.stderr is not None
        client.publish("plant/arm/commands/joints", '{"name": ["wrist"], "position": [1]}', qos=1)
        words = (await asyncio.wait_for(process.stderr.readline(), 10)).decode()
        client.publish("plant/arm/commands/joints", '{"name": ["shoulder"], "position": [-0.5]}', qos=1)
        await until(lambda: messages[-1]["position"][0] < -0.2)
    finally:
        process.terminate()
        await process.communicate()
    assert words.startswith("plant: a command on plant/arm/commands/joints is refused: ValueError: 'wrist'")
    assert process.returncode == 0


async def test_a_broker_that_is_not_there_is_one_clear_sentence(unused_tcp_port: int) -> None:
    process = await start(f"mqtt://127.0.0.1:{unused_tcp_port}", "--seconds", "1")
    _, words = await process.communicate()
    assert process.returncode == 1
    assert words.decode().startswith(f"plant: no MQTT broker answers at 127.0.0.1:{unused_tcp_port}")
