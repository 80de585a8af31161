"""The plant as a process, heard over a real broker."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gmqtt import Client

PLANT = Path(__file__).parents[1] / "plant.py"


@pytest.fixture
def broker() -> Iterator[int]:
    """A mosquitto of this test's own, on loopback; its port."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert program is not None, "mosquitto is missing; `make setup` installs it"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([program, "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


async def listen(port: int, heard: list[dict[str, object]]) -> Client:
    client = Client("listener")
    subscribed = asyncio.Event()
    client.on_subscribe = lambda *_: subscribed.set()

    def on_message(_: Client, topic: str, payload: bytes, qos: int, properties: object) -> int:
        heard.append(json.loads(payload) | {"topic": topic})
        return 0

    client.on_message = on_message
    for _ in range(100):
        try:
            await client.connect("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.05)
    client.subscribe("plant/#", qos=1)
    await asyncio.wait_for(subscribed.wait(), 10)
    return client


async def run_plant(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PLANT), *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, words = await process.communicate()
    assert process.returncode is not None
    return process.returncode, words.decode()


async def test_what_is_heard_is_what_the_send_log_says(broker: int, tmp_path: Path) -> None:
    heard: list[dict[str, object]] = []
    client = await listen(broker, heard)
    log = tmp_path / "sent.jsonl"
    url = f"mqtt://127.0.0.1:{broker}"
    code, words = await run_plant("--broker", url, "--seconds", "1", "--rate", "20", "--log", str(log))
    for _ in range(100):
        if len(heard) >= 20:
            break
        await asyncio.sleep(0.05)
    await client.disconnect()
    assert code == 0, words
    sent = [json.loads(line) for line in log.read_text().splitlines()]
    assert [message["sequence"] for message in sent] == list(range(20))
    said = ("sequence", "time_ns", "name", "position", "velocity", "effort")
    assert [{key: message[key] for key in said} for message in heard] == [
        {key: message[key] for key in said} for message in sent
    ]
    assert {message["topic"] for message in heard} == {"plant/pendulum/sensors/joint_states"}


async def test_source_times_are_an_exact_grid(broker: int, tmp_path: Path) -> None:
    log = tmp_path / "sent.jsonl"
    await run_plant(
        "--broker", f"mqtt://127.0.0.1:{broker}", "--seconds", "0.5", "--rate", "30", "--log", str(log)
    )
    times = [json.loads(line)["time_ns"] for line in log.read_text().splitlines()]
    assert [time - times[0] for time in times] == [round(k * 1e9 / 30) for k in range(15)]


async def test_a_broker_that_is_not_there_is_one_clear_sentence() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        code, words = await run_plant("--broker", f"mqtt://127.0.0.1:{port}", "--seconds", "1")
    assert code == 1
    assert words.startswith(f"plant: no MQTT broker answers at 127.0.0.1:{port}")
    assert words.count("\n") == 1
