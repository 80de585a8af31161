"""What is observed: every service, the arm's plant, its twin, and somebody who uses the API."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from hanzo_twin.client import Client
from hanzo_twin.client.problems import Conflict, NotFound
from hanzo_twin.stack import EmbeddedStack

ARM = Path(__file__).parents[3] / "examples/arm"
NAME = "watched-arm"


@contextmanager
def busy(stack: EmbeddedStack) -> Iterator[None]:
    """A twin that follows its plant, and somebody who uses the API all the time and wants what can't be, too."""
    enough = threading.Event()
    sensors = f"plant/{NAME}/sensors/joint_states"
    plant = subprocess.Popen(
        [sys.executable, str(ARM / "plant.py"), "--broker", stack.connection.mqtt_url, "--topic", sensors]
    )
    try:
        with Client.local(stack.home.root) as client:
            _start(client, stack)
            with ThreadPoolExecutor(1) as one:
                user = one.submit(_use, client, enough)
                try:
                    yield
                finally:
                    enough.set()
                    user.result(60)
            client.delete_twin(NAME)
    finally:
        plant.terminate()
        plant.wait(10)


def _start(client: Client, stack: EmbeddedStack) -> None:
    text = (ARM / "twin.yaml").read_text()
    text = text.replace("${HANZO_TWIN_MQTT_DEFAULT_BROKER:-mqtt://127.0.0.1:1883}", stack.connection.mqtt_url)
    text = text.replace("plant/arm/", f"plant/{NAME}/").replace("name: arm", f"name: {NAME}")
    client.upload_scene(ARM / "scene.usda", name=NAME)
    client.create_twin(text.replace("hanzo.twin.arm", f"hanzo.twin.{NAME}"), scene=NAME)
    client.start_twin(NAME)
    client.wait_for_phase(NAME, "running")


def _use(client: Client, enough: threading.Event) -> None:
    number = 0
    while not enough.wait(0.5):
        number += 1
        list(client.list_twins())
        client.get_sync_status(NAME)
        next(client.predictions(NAME))
        client.update_twin(NAME, {"tags": ["example", f"tag-{number}"]})
        with suppress(Conflict):
            client.start_twin(NAME)  # it runs already
        with suppress(NotFound):
            client.get_twin("nobody")
