"""Migrations: run by any number of starters, whatever a killed one left behind."""

from __future__ import annotations

import asyncio
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
import pytest

from scene_manager.adapters.postgres.migrate import migrate
from scene_manager.errors import DatabaseUnreachable

ALL = list((files("scene_manager.adapters.postgres") / "migrations").iterdir())
ROLLING = sorted((file for file in ALL if file.name >= "0003"), key=lambda file: file.name)
"""Those of the time of rolling upgrades."""


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


def unfit_for_the_release_before(statement: str) -> str | None:
    """Why a migration may not be applied while processes of the release before still work; None: it may."""
    text = " ".join(statement.lower().split())
    takes_away = r"drop (table|column|type|view)|rename|alter column \w+ (type|set not null|drop default)"
    if found := re.search(takes_away, text):
        return found.group(0)
    for column in re.findall(r"add column (.*?)(?:,|;|$)", text):
        if "not null" in column and "default" not in column:
            return f"add column {column}"
    return None


@pytest.mark.parametrize("file", ROLLING, ids=lambda file: file.name[:4])
def test_the_release_before_goes_on_while_a_migration_is_applied(file: Traversable) -> None:
    assert unfit_for_the_release_before(file.read_text()) is None


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE twins DROP COLUMN seed",
        "ALTER TABLE twins RENAME COLUMN seed TO grain",
        "ALTER TABLE twins ADD COLUMN a text NOT NULL, ADD COLUMN b text",
        "ALTER TABLE twins ALTER COLUMN seed SET NOT NULL",
        "DROP TABLE inbox",
    ],
)
def test_a_migration_that_the_release_before_trips_over_is_found_out(statement: str) -> None:
    assert unfit_for_the_release_before(statement) is not None
