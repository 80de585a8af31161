"""A bus in memory with the catalogue's topics, and a control plane that answers as told."""

from __future__ import annotations

import pytest

from hanzo_twin.bus.topics import Topics
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic
from twin_schemas.records import Desired, TwinSpec

PREFIX = "hanzo.twin"
TOPICS = {
    "control.commands": 6,
    "control.events": 6,
    "twin.specs": 6,
    "twin.status": 6,
    "sim.commands": 12,
    "sim.journal": 12,
    "sim.predictions": 12,
    "pendulum": 1,
}


@pytest.fixture
async def bus() -> MemoryBus:
    made = MemoryBus()
    async with await made.admin() as admin:
        await admin.create_topics([NewTopic(f"{PREFIX}.{name}", count) for name, count in TOPICS.items()])
    return made


@pytest.fixture
def topics() -> Topics:
    return Topics(PREFIX)


@pytest.fixture
def spec() -> TwinSpec:
    return TwinSpec(
        twin="0190d5a0-0000-7000-8000-000000000001",
        org="local",
        name="pendulum",
        revision=2,
        desired=Desired.RUNNING,
        pool="default",
        partition=7,
        scene="pendulum",
        scene_version=1,
        scene_digest="0" * 64,
        scene_file="scene.usda",
        definition="{}",
        seed=1,
        created_ns=1,
    )
