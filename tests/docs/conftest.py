"""Lets these tests import their support; the platform with the arm's twin, which every page has."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from platform_support.running import Platform


@pytest.fixture(scope="module")
def arm(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform with the arm's plant, and its twin running."""
    from docs_support.pages import ROOT
    from docs_support.running import reader

    example = ROOT / "examples/arm"
    environment = reader(tmp_path_factory.mktemp("reader"), platform)
    plant = subprocess.Popen(
        [sys.executable, str(example / "plant.py"), "--broker", platform.connection.mqtt_url]
    )
    try:
        _hanzo_twin(environment, "create", "--config", str(example / "twin.yaml"), "--start")
        _wait_for_a_past(environment)
        yield platform
        _hanzo_twin(environment, "delete", "arm")
    finally:
        plant.terminate()
        plant.wait(10)


def _wait_for_a_past(environment: dict[str, str]) -> None:
    """Readers come to a twin that has run for more than the second that `date` leaves out."""
    deadline = time.monotonic() + 60
    while True:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        done = _run(environment, "replay", "state", "arm", "--at", moment)
        if done.returncode == 0:
            return
        assert time.monotonic() < deadline, done.stderr


def _hanzo_twin(environment: dict[str, str], *arguments: str) -> None:
    done = _run(environment, *arguments)
    assert done.returncode == 0, done.stderr


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("hanzo-twin")), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
