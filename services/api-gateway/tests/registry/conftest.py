"""Registries over HTTP."""

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from api_gateway.domain.registry import Registry

sys.path.insert(0, str(Path(__file__).parent))

from registry_support.registries import PREFIX, serving


@pytest.fixture
def serve():
    """Serves registries until the end of the test."""
    with ExitStack() as open_servers:
        yield lambda registry: open_servers.enter_context(serving(registry))


@pytest.fixture(scope="module")
def registry_url():
    """The catalogue as a registry."""
    with serving(Registry.of_catalogue(PREFIX)) as url:
        yield url
