"""A stack with an arm's twin on it, watched by a real Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The Prometheus, as soon as it has scraped every process of a stack with a running twin."""
    from watching.prometheus import Prometheus
    from watching.stage import stage

    with (
        stage(tmp_path_factory.mktemp("stage")) as stack,
        Prometheus(tmp_path_factory.mktemp("prometheus"), stack) as prometheus,
    ):
        yield prometheus
