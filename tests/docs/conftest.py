"""Lets these tests import their support; the platform with the arm's twin, which every page has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
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
        yield platform
        _hanzo_twin(environment, "delete", "arm")
    finally:
        plant.terminate()
        plant.wait(10)


def _hanzo_twin(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hanzo-twin")), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
