"""A database that throws everybody out, again and again, while commands come in."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
import pytest

from scene_manager.testing.caller import Caller
from twin_common.ids import uuid7
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.register_scene_version import RegisterSceneVersion


@pytest.fixture(params=["postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """There is nothing to throw anybody out of in memory."""
    return str(request.getfixturevalue("database"))


async def test_commands_are_answered_once_while_connections_are_lost(caller: Caller, url: str) -> None:
    async def throw_out() -> None:
        connection = await asyncpg.connect(url)
        others = """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        while True:
            await connection.execute(others)
            await asyncio.sleep(0.15)

    throwing = asyncio.create_task(throw_out())
    ids = [uuid7() for _ in range(20)]
    for number, command_id in enumerate(ids):
        command = RegisterSceneVersion("arm", f"{number:064x}", "arm.usda", 10)
        await caller.send(command, command_id=command_id)
        await asyncio.sleep(0.05)
    throwing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await throwing
    async with asyncio.timeout(20):
        while not all([await caller.answers(command_id) for command_id in ids]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    answers = [await caller.answers(command_id) for command_id in ids]
    assert all(len(each) == 1 for each in answers)
    versions = [answer.version for (answer,) in answers if isinstance(answer, ControlAccepted)]
    assert versions == list(range(1, 21))
