"""What is observed: every service, the arm's plant, its twin, and a little trouble."""

from __future__ import annotations

import os
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
from hanzo_twin.stack.services import usual

ROOT = Path(__file__).parents[3]
ARM = ROOT / "examples/arm"
PROGRAM = str(Path(sys.executable).with_name("hanzo-twin"))


def command_line(stack: EmbeddedStack, *arguments: str) -> None:
    """Run `hanzo-twin` as a user of this stack."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    done = subprocess.run(
        [PROGRAM, *arguments],
        env=own | {"HANZO_TWIN_HOME": str(stack.home.root)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def stage(folder: Path) -> Iterator[EmbeddedStack]:
    """A stack on which the arm's twin follows its plant."""
    with EmbeddedStack(folder, services=usual()) as stack:
        plant = subprocess.Popen(
            [sys.executable, str(ARM / "plant.py"), "--broker", stack.connection.mqtt_url]
        )
        try:
            command_line(stack, "run", str(ARM / "twin.yaml"), "--seconds", "0")
            with busy(stack):
                yield stack
        finally:
            plant.terminate()
            plant.wait(10)


@contextmanager
def busy(stack: EmbeddedStack) -> Iterator[None]:
    """Somebody who uses the API all the time, and wants what can't be, too."""
    enough = threading.Event()
    with ThreadPoolExecutor(1) as one:
        user = one.submit(_use, stack, enough)
        try:
            yield
        finally:
            enough.set()
            user.result(60)


def _use(stack: EmbeddedStack, enough: threading.Event) -> None:
    with Client.local(stack.home.root) as client:
        number = 0
        while not enough.wait(0.5):
            number += 1
            list(client.list_twins())
            client.get_sync_status("arm")
            client.update_twin("arm", {"tags": ["example", f"tag-{number}"]})
            with suppress(Conflict):
                client.start_twin("arm")  # it runs already
            with suppress(NotFound):
                client.get_twin("nobody")
