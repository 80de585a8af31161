"""The platform with an arm's twin on it, watched by a real Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))


if TYPE_CHECKING:
    from platform_support.running import Platform
    from watching.prometheus import Prometheus


@pytest.fixture(scope="module")
def watched(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The Prometheus, as soon as it has scraped every process of the platform with a running twin."""
    from watching.prometheus import Prometheus
    from watching.stage import busy

    with (
        busy(platform.stack),
        Prometheus(tmp_path_factory.mktemp("prometheus"), platform.stack) as prometheus,
    ):
        yield prometheus
