"""What is observed: every service, the arm's plant, its twin, and a little trouble."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
            yield stack
        finally:
            plant.terminate()
            plant.wait(10)
