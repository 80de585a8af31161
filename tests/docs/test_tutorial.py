"""The tutorial, typed from beginning to end on a stack that it starts and stops itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_support.pages import DOCS, commands
from docs_support.running import environment, run

from hanzo_twin.stack.home import Home
from hanzo_twin.stack.state import read_state


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The reader's environment; the stack runs already where its ports must be known."""
    home = tmp_path / "home"
    mine = environment(tmp_path) | {"HANZO_TWIN_HOME": str(home)}
    program = str(Path(sys.executable).with_name("hanzo-twin"))
    subprocess.run([program, "dev", "up"], env=mine, check=True, capture_output=True)
    try:
        state = read_state(Home(home))
        assert state is not None and state.connection is not None
        yield mine | {"MQTT": state.connection.mqtt_url}
    finally:
        subprocess.run([program, "dev", "down"], env=mine, check=True, capture_output=True)


@pytest.mark.timeout(400)
def test_the_tutorial_can_be_followed_to_its_end(machine: dict[str, str], tmp_path: Path) -> None:
    printed = run(commands((DOCS / "tutorial.md").read_text()), tmp_path, machine, patience_s=300)
    assert "applied" in printed
    assert "from the next start" in printed
    assert "last bit" in printed
    state = read_state(Home(Path(machine["HANZO_TWIN_HOME"])))
    assert state is not None and not state.running(), printed
