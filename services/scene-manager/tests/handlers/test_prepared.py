"""Slow work before a transaction: done once, and for nobody who may not ask for it."""

from __future__ import annotations

import pytest

from scene_manager.domain.scene import SceneFile
from scene_manager.domain.scene_check import Checked
from scene_manager.testing.caller import Caller
from scene_manager.testing.scene_files import TrustingFiles
from scene_manager.testing.waiting import eventually
from twin_common.bus.memory import MemoryBus
from twin_common.identity import Guard
from twin_common.ids import uuid7
from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas.records.register_scene_version import RegisterSceneVersion

SCENE = RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10)


class CountingFiles(TrustingFiles):
    """Counts what is examined."""

    def __init__(self) -> None:
        super().__init__()
        self.examined: list[str] = []

    async def examine(self, file: SceneFile, org: str, *, owned: bool) -> Checked:
        self.examined.append(file.digest)
        return await super().examine(file, org, owned=owned)


@pytest.fixture
def files() -> CountingFiles:
    """Scene files that know how often they were looked at."""
    return CountingFiles()


@pytest.fixture
def issuer() -> InMemoryIssuer:
    """Signs tokens."""
    return InMemoryIssuer()


@pytest.fixture
def guard(issuer: InMemoryIssuer) -> Guard:
    """Knows the issuer's key."""
    return issuer.guard()


@pytest.fixture
def admin(bus: MemoryBus, caller: Caller, issuer: InMemoryIssuer) -> Caller:
    """Somebody who may, and reads a partition."""
    return Caller(bus, "test.twin", token=issuer.token(), reply_to=1)


async def test_a_repeated_command_is_prepared_once(admin: Caller, files: CountingFiles) -> None:
    command_id = uuid7()
    await admin.accepted(SCENE, command_id=command_id)
    await admin.send(SCENE, command_id=command_id)

    async def answered_twice() -> bool:
        return len(await admin.replies(command_id)) == 2

    await eventually(answered_twice)
    assert files.examined == [SCENE.digest]


async def test_nothing_is_prepared_for_somebody_who_may_not(
    bus: MemoryBus, caller: Caller, issuer: InMemoryIssuer, files: CountingFiles
) -> None:
    viewer = Caller(bus, "test.twin", token=issuer.token(role="twin-viewer"))
    assert (await viewer.refused(SCENE)).code == "forbidden"
    assert (await caller.refused(SCENE)).code == "unauthenticated"
    assert files.examined == []


async def test_a_refusal_while_preparing_is_an_answer_that_is_kept(
    admin: Caller, files: CountingFiles
) -> None:
    files.bad.add(SCENE.digest)
    command_id = uuid7()
    assert (await admin.refused(SCENE, command_id=command_id)).code == "invalid_scene"
    files.bad.clear()
    assert (await admin.refused(SCENE, command_id=command_id)).code == "invalid_scene"
    assert files.examined == [SCENE.digest]
