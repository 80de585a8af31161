"""A real mosquitto, and a device that talks to it."""

import asyncio
import json
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from gmqtt import Client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """A broker of this test's own."""

    def __init__(self, folder) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("mosquitto didn't start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(5)
            self._process = None


@pytest.fixture
def mosquitto(tmp_path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


class Device:
    """A physical thing that talks MQTT."""

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker
        self.heard: list[tuple[str, bytes]] = []
        self._client = Client(f"device-{uuid.uuid4().hex}")
        self._client.on_message = lambda client, topic, payload, qos, properties: self.heard.append(
            (topic, payload)
        )

    async def connect(self, *topics: str) -> "Device":
        await self._client.connect("127.0.0.1", self._broker.port)
        for topic in topics:
            self._client.subscribe(topic, qos=1)
        await asyncio.sleep(0.05)
        return self

    def say(self, topic: str, payload: bytes | dict | list | float, qos: int = 0) -> None:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._client.publish(topic, data, qos=qos)

    async def close(self) -> None:
        self._client.stop_reconnect()
        await self._client.disconnect()


@pytest.fixture
async def device(mosquitto) -> AsyncIterator[Device]:
    one = await Device(mosquitto).connect("out/#")
    yield one
    await one.close()


@pytest.fixture
async def device_factory(mosquitto) -> AsyncIterator[Callable]:
    made = []

    async def make() -> Device:
        made.append(await Device(mosquitto).connect())
        return made[-1]

    yield make
    for one in made:
        await one.close()
