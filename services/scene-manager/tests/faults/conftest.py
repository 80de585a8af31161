"""Scene managers as processes, on real Kafka and PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from twin_common.blobs import S3Links
from twin_common.bus.kafka import KafkaBus
from twin_common.bus.topics import create_topics
from twin_common.settings.standard import Storage, Stream
from twin_schemas.catalogue import catalogue
from twin_schemas.records.register_scene_version import RegisterSceneVersion

SCENE = '#usda 1.0\n(\n    upAxis = "Z"\n    metersPerUnit = 1\n)\ndef PhysicsScene "Physics" {}\n'


@dataclass
class Processes:
    """Starts and kills scene managers.

    Attributes:
        folder: holds a log per process.
        environment: their settings.
    """

    folder: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start the one with this static member id."""
        log = (self.folder / f"{name}.log").open("ab")
        with log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "scene_manager"],
                env={**os.environ, **self.environment, "HANZO_TWIN_SCENE_MANAGER_MANAGER_ID": name},
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """End it without warning."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> int:
        """Ask it to end, and give its exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(30)

    def log(self, name: str) -> str:
        """What it said."""
        return (self.folder / f"{name}.log").read_text()


@pytest.fixture
async def topics(kafka: Stream, topic_prefix: str) -> str:
    """The prefix of the catalogue's topics on the broker."""
    async with await KafkaBus(kafka).admin() as admin:
        await create_topics(admin, catalogue(), topic_prefix)
    return topic_prefix


@pytest.fixture
async def register(storage: Storage, bucket: str) -> RegisterSceneVersion:
    """Registers a scene that lies in object storage."""
    content = SCENE.encode()
    digest = await S3Links(storage, bucket).offer("local", content)
    return RegisterSceneVersion("s", digest, "s.usda", len(content))


@pytest.fixture
def processes(
    tmp_path: Path, kafka: Stream, topics: str, database: str, storage: Storage, bucket: str
) -> Iterator[Processes]:
    """None yet; those left at the end are killed."""
    made = Processes(
        tmp_path,
        {
            "HANZO_TWIN_STREAM_BROKERS": kafka.brokers,
            "HANZO_TWIN_STREAM_TOPIC_PREFIX": topics,
            "HANZO_TWIN_DATABASE_URL": database,
            "HANZO_TWIN_METRICS_PORT": "0",
            "HANZO_TWIN_STORAGE_ENDPOINT": storage.endpoint,
            "HANZO_TWIN_STORAGE_ACCESS_KEY": storage.access_key.get_secret_value(),
            "HANZO_TWIN_STORAGE_SECRET_KEY": storage.secret_key.get_secret_value(),
            "HANZO_TWIN_STORAGE_BUCKETS_SCENES": bucket,
        },
    )
    yield made
    for name in list(made.running):
        made.kill(name)
