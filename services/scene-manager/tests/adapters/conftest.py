"""One world per implementation of the ports."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.testing import MemoryOutbox, MemoryWork, Store
from scene_manager.testing.samples import World


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """URL of an empty database, or None for the one in memory."""
    # Asked for by name, so that the tests in memory don't wait for a server.
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


@pytest.fixture
async def world(url: str | None) -> AsyncIterator[World]:
    """An empty world, in memory or in PostgreSQL."""
    if url is None:
        store = Store()
        yield World(MemoryWork(store), MemoryOutbox(store))
        return
    async with asyncpg.create_pool(url, min_size=1, max_size=4) as pool:
        yield World(PostgresWork(pool, lambda: None), PostgresOutbox(url))
