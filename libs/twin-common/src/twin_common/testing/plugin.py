"""Pytest fixtures with the real parts, loaded by the root `conftest.py`.

Each part is started once per test session, in a folder of its own on free ports, and only when a test asks
for it. With `TWIN_TEST_BROKERS=host:port` a broker that runs already is used for Kafka instead.
"""

from __future__ import annotations

import importlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twin_common.bus.kafka import KafkaBus
    from twin_common.bus.memory import MemoryBus
    from twin_common.settings import Settings
    from twin_common.settings.standard import Storage, Stream
    from twin_common.testing.issuer import InMemoryIssuer

# What the fixtures give is imported inside them: pytest loads this module for every session, whatever it
# tests.


@contextmanager
def _running(part: str, scratch: pytest.TempPathFactory) -> Iterator[Settings]:
    """One part of the embedded stack; yields settings that connect to it."""
    # By name, because the stack is a package above this one.
    stack: Any = importlib.import_module("hanzo_twin.stack")
    with stack.EmbeddedStack(scratch.mktemp(part), parts=(part,)) as running:
        yield running.connection.settings({})


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """Settings of a real Kafka broker."""
    from twin_common.settings.standard import Stream

    brokers = os.environ.get("TWIN_TEST_BROKERS")
    if brokers:
        yield Stream(brokers=brokers)
        return
    with _running("kafka", tmp_path_factory) as settings:
        yield settings.stream


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Settings of a real S3 server."""
    with _running("seaweedfs", tmp_path_factory) as settings:
        yield settings.storage


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL, with its password, of a real PostgreSQL database that this session shares."""
    with _running("postgres", tmp_path_factory) as settings:
        yield settings.database.url.get_secret_value()


@pytest.fixture(scope="session")
def mqtt_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real MQTT broker."""
    with _running("mosquitto", tmp_path_factory) as settings:
        yield settings.mqtt.default_broker


@pytest.fixture
def topic_prefix() -> str:
    """A topic prefix that no other test uses."""
    return f"test.{uuid.uuid4().hex[:12]}"


@pytest.fixture
def bucket() -> str:
    """A bucket name that no other test uses."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def kafka_bus(kafka: Stream) -> KafkaBus:
    """A bus on the real broker."""
    from twin_common.bus.kafka import KafkaBus

    return KafkaBus(kafka)


@pytest.fixture
def memory_bus() -> MemoryBus:
    """An empty bus in memory."""
    from twin_common.bus.memory import MemoryBus

    return MemoryBus()


@pytest.fixture
def issuer() -> InMemoryIssuer:
    """An issuer whose tokens its own guard accepts."""
    from twin_common.testing.issuer import InMemoryIssuer

    return InMemoryIssuer()
