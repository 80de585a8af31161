"""A database that throws everybody out, again and again, while commands come in."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from scene_manager.testing.caller import Caller
from scene_manager.testing.waiting import eventually
from twin_common.bus.memory import MemoryBus
from twin_common.ids import uuid7
from twin_schemas import codec
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.update_twin import UpdateTwin

Create = Callable[[str], Awaitable[str]]


@pytest.fixture(params=["postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """There is nothing to throw anybody out of in memory."""
    return str(request.getfixturevalue("database"))


@contextlib.asynccontextmanager
async def everybody_thrown_out(url: str) -> AsyncIterator[None]:
    """Meanwhile no connection lives for long."""

    async def throw_out() -> None:
        connection = await asyncpg.connect(url)
        others = """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        while True:
            await connection.execute(others)
            await asyncio.sleep(0.15)

    throwing = asyncio.create_task(throw_out())
    try:
        yield
    finally:
        throwing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await throwing


async def all_answered(caller: Caller, ids: list[str]) -> list[ControlAccepted]:
    """The one answer to each command, once there are all."""

    async def look() -> list[list[ControlAccepted | ControlRefused]] | None:
        answers = [await caller.answers(command_id) for command_id in ids]
        return answers if all(answers) else None

    answers = await eventually(look)
    assert all(len(each) == 1 for each in answers)
    return [answer for (answer,) in answers if isinstance(answer, ControlAccepted)]


async def test_commands_are_answered_once_while_connections_are_lost(caller: Caller, url: str) -> None:
    ids = [uuid7() for _ in range(20)]
    async with everybody_thrown_out(url):
        for number, command_id in enumerate(ids):
            command = RegisterSceneVersion("arm", f"{number:064x}", "arm.usda", 10)
            await caller.send(command, command_id=command_id)
            await asyncio.sleep(0.05)
    assert [answer.version for answer in await all_answered(caller, ids)] == list(range(1, 21))


async def test_updates_are_revisions_one_after_another_while_connections_are_lost(
    bus: MemoryBus, caller: Caller, create: Create, url: str
) -> None:
    twin = await create("pendulum")
    asker = Caller(bus, "test.twin", reply_to=4)
    ids = [uuid7() for _ in range(20)]
    async with everybody_thrown_out(url):
        for number, command_id in enumerate(ids):
            update = UpdateTwin("pendulum", json.dumps({"tags": [str(number)]}), reason=str(number))
            for _ in range(2):  # whoever asks again makes nothing happen twice
                await asker.send(update, command_id=command_id, digest=str(number))
            await asyncio.sleep(0.05)
    assert [answer.version for answer in await all_answered(caller, ids)] == list(range(2, 22))
    for command_id in ids:
        said = await eventually(lambda command_id=command_id: asker.replies(command_id))
        assert {codec.encode(each.record) for each in said} == {
            codec.encode((await caller.answers(command_id))[0])
        }
    connection = await asyncpg.connect(url)
    kept = await connection.fetch("SELECT revision, parent, command, reason FROM revisions ORDER BY revision")
    await connection.close()
    assert [tuple(row) for row in kept[1:]] == [
        (number + 2, number + 1, command_id, str(number)) for number, command_id in enumerate(ids)
    ]

    async def last() -> bool:
        spec = await caller.spec(twin)
        return spec is not None and spec.revision == 21

    await eventually(last)
