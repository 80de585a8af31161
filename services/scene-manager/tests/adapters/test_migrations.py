"""Migrations: run by any number of starters, whatever a killed one left behind."""

from __future__ import annotations

import asyncio
from importlib.resources import files

import psycopg
import pytest

from scene_manager.adapters.postgres.migrate import migrate
from scene_manager.errors import DatabaseUnreachable

ALL = list((files("scene_manager.adapters.postgres") / "migrations").iterdir())


async def test_services_that_start_at_once_apply_each_migration_once(blank_database: str) -> None:
    applied = await asyncio.gather(*(asyncio.to_thread(migrate, blank_database) for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(ALL)]


async def test_a_lock_left_by_a_killed_process_holds_nobody_up(blank_database: str) -> None:
    migrate(blank_database)
    with psycopg.connect(blank_database) as connection:
        connection.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
    assert migrate(blank_database) == ()


async def test_a_database_that_is_not_there_is_said_to_be_unreachable() -> None:
    with pytest.raises(DatabaseUnreachable, match=r"database\.url"):
        migrate("postgresql://hanzo@127.0.0.1:1/none")
