"""A scene manager on a bus in memory, over either unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.bootstrap import Service
from scene_manager.domain.ports import Outbox, UnitOfWork
from scene_manager.domain.scene_ports import SceneFiles
from scene_manager.testing import MemoryOutbox, MemoryWork, Store
from scene_manager.testing.caller import Caller
from scene_manager.testing.scene_files import TrustingFiles
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.identity import Guard
from twin_common.settings import Settings
from twin_schemas.catalogue import catalogue
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion

PREFIX = "test.twin"
SETTINGS = {
    "stream": {"topic_prefix": PREFIX},
    "metrics": {"enabled": False},
    "scene_manager": {"outbox_poll_ms": 10},
}


@pytest.fixture
def settings() -> Settings:
    """What the service is told; a module may ask for something else."""
    return Settings.model_validate(SETTINGS)


@pytest.fixture
def guard() -> Guard | None:
    """Who knows the callers; a module may ask for something else than a trusting one."""
    return None


@pytest.fixture
def files() -> SceneFiles:
    """The files of scenes: all there and good, unless a module asks for something else."""
    return TrustingFiles()


@pytest.fixture
async def bus() -> MemoryBus:
    """A bus with the catalogue's topics."""
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    return bus


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """URL of an empty database, or None for the one in memory."""
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


@pytest.fixture
async def caller(
    bus: MemoryBus, url: str | None, settings: Settings, guard: Guard | None, files: SceneFiles
) -> AsyncIterator[Caller]:
    """Somebody who asks a running scene manager."""
    wake, stop = asyncio.Event(), asyncio.Event()
    pool = None
    work: UnitOfWork
    outbox: Outbox
    if url is None:
        store = Store()
        work, outbox = MemoryWork(store, wake.set), MemoryOutbox(store)
    else:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=4)
        work, outbox = PostgresWork(pool, wake.set), PostgresOutbox(url)
    service = Service(settings, bus, work, outbox, wake, files=files, guard=guard)
    running = asyncio.create_task(service.run(stop))
    yield Caller(bus, PREFIX)
    stop.set()
    await running
    if pool is not None:
        await pool.close()


YAML = """\
name: {name}
scene: {{uri: scene.usda}}
engine: {{type: mujoco}}
sync: {{mode: standalone}}
"""

Create = Callable[[str], Awaitable[str]]


def definition(name: str = "pendulum") -> str:
    """A small twin."""
    return YAML.format(name=name)


@pytest.fixture
async def create(caller: Caller) -> Create:
    """Creates a twin of a name, with its scene, and gives its UUID."""

    async def make(name: str = "pendulum") -> str:
        await caller.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))
        return (await caller.accepted(CreateTwin(definition(name), "arm"))).id

    return make
