"""Pytest fixtures with the real parts, loaded by the root `conftest.py`.

The stack is started once per test session, in a folder of its own on free ports, and only when a test asks
for it. With `TWIN_TEST_BROKERS=host:port` a broker that runs already is used for Kafka instead.
"""

from __future__ import annotations

import importlib
import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.memory import MemoryBus
from twin_common.settings.standard import Stream


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """Settings of a real, running Kafka broker."""
    brokers = os.environ.get("TWIN_TEST_BROKERS")
    if brokers:
        yield Stream(brokers=brokers)
        return
    # By name, because the stack is a package above this one.
    stack: Any = importlib.import_module("hanzo_twin.stack")
    with stack.EmbeddedStack(tmp_path_factory.mktemp("stack"), parts=("kafka",)) as connection:
        yield Stream(brokers=connection.brokers)


@pytest.fixture
def topic_prefix() -> str:
    """A topic prefix that no other test uses."""
    return f"test.{uuid.uuid4().hex[:12]}"


@pytest.fixture
def kafka_bus(kafka: Stream) -> KafkaBus:
    """A bus on the real broker."""
    return KafkaBus(kafka)


@pytest.fixture
def memory_bus() -> MemoryBus:
    """An empty bus in memory."""
    return MemoryBus()
