"""One whole platform, and one gateway alone, for all tests of this folder that ask for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from platform_support.gateway import Gateway
    from platform_support.running import Platform


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for the platform below, so that it is down while others start platforms of their own, which
    measure them: it takes half a core.
    """
    for item in items:
        if "platform" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared_platform)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Every part and one process of each service, with the pendulum's scene registered."""
    from platform_support.running import Platform

    from hanzo_twin.stack import EmbeddedStack
    from hanzo_twin.stack.services import usual

    services = dict.fromkeys(usual(), 1)
    with EmbeddedStack(tmp_path_factory.mktemp("platform"), services=services) as stack:
        running = Platform(stack)
        running.scene()
        yield running
        running.close()


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """The gateway alone, over HTTP, on a bus in memory."""
    from platform_support.gateway import serving

    with serving() as running:
        yield running
