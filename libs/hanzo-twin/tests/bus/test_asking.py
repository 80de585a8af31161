"""Every command that the control plane takes can be sent by the client, with all that it can say."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from hanzo_twin.bus.client import Twins, open_twins
from hanzo_twin.errors import ControlCommandRefused
from twin_common.bus.memory import MemoryBus
from twin_common.settings import Settings
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode, encode
from twin_schemas.record import Record
from twin_schemas.records import (
    ControlAccepted,
    ControlRefused,
    CreateTwin,
    DecideSceneProposal,
    DeleteScene,
    DeleteTwin,
    RegisterSceneVersion,
    SceneValidated,
    StartTwin,
    StopTwin,
    UpdateTwin,
    ValidateScene,
)

FOUND = SceneValidated("s", "local", "arm", 3, "mujoco", True)
WHY: dict[str, Any] = {"expected_revision": 4, "reason": "shift ends"}
ASKED: dict[str, tuple[Callable[[Twins], Awaitable[Record]], Record]] = {
    "register": (lambda t: t.register_scene("arm", "ab", "a.usda", 1), RegisterSceneVersion("arm", "ab", "a.usda", 1)),
    "validate": (lambda t: t.validate_scene("arm", "mujoco", 3), ValidateScene("arm", "mujoco", version=3)),
    "decide": (
        lambda t: t.decide_proposal("arm", "p", accept=True, note="ok"),
        DecideSceneProposal("arm", "p", True, note="ok"),
    ),
    "delete scene": (lambda t: t.delete_scene("arm", 3, reason="old"), DeleteScene("arm", version=3, reason="old")),
    "create": (
        lambda t: t.create("a", "name: a", "arm", 3, reason="new"),
        CreateTwin("name: a", "arm", scene_version=3, reason="new"),
    ),
    "update": (
        lambda t: t.update("t", {"tags": ["a"]}, scene_version=3, **WHY),
        UpdateTwin("t", json.dumps({"tags": ["a"]}), scene_version=3, **WHY),
    ),
    "start": (lambda t: t.start("t", **WHY), StartTwin("t", **WHY)),
    "stop": (lambda t: t.stop("t", **WHY), StopTwin("t", **WHY)),
    "delete": (lambda t: t.delete("t", **WHY), DeleteTwin("t", **WHY)),
}  # fmt: skip


@contextlib.asynccontextmanager
async def answering(bus: MemoryBus, *answers: Record) -> AsyncIterator[list[Record | None]]:
    """Yields the commands that are answered."""
    taken: list[Record | None] = []

    async def run() -> None:
        async with await bus.reader() as reader, await bus.producer() as producer:
            await reader.assign(*await reader.partitions("hanzo.twin.control.commands"))
            async for read in reader.tail():
                taken.append(decode(read.value or b""))
                headers = (("ce_correlationid", read.header("ce_correlationid") or b""),)
                for answer in answers:
                    await producer.send(
                        "hanzo.twin.control.events", key=b"k", value=encode(answer), headers=headers
                    )

    task = asyncio.create_task(run())
    try:
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def client(bus: MemoryBus) -> Twins:
    return await open_twins(Settings(), bus, token="some.token.of.mine")


@pytest.mark.parametrize("name", ASKED)
async def test_each_command_says_what_it_was_told(bus: MemoryBus, name: str) -> None:
    ask, wanted = ASKED[name]
    accepted = ControlAccepted(type(wanted).__name__, "x", "x", 1)
    async with answering(bus, accepted, FOUND) as taken, await client(bus) as twins:
        assert await ask(twins) == (FOUND if name == "validate" else accepted)
    assert taken == [wanted]


async def test_a_check_of_a_scene_can_be_refused(bus: MemoryBus) -> None:
    refused = ControlRefused("ValidateScene", "scene_not_found", "there is none")
    async with answering(bus, refused), await client(bus) as twins:
        with pytest.raises(ControlCommandRefused, match="there is none"):
            await twins.validate_scene("leg", "mujoco")


def test_every_type_that_the_topic_carries_is_among_them() -> None:
    assert {type(wanted).__name__ for _, wanted in ASKED.values()} == set(topic("control.commands").types)
