"""Whose file becomes a version, and what is left of those that don't."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

import pytest

from scene_manager.domain.scene import SceneFile
from scene_manager.domain.scene_check import Checked
from scene_manager.testing.caller import Caller
from scene_manager.testing.scene_files import TrustingFiles
from scene_manager.testing.waiting import eventually
from twin_common.bus.memory import MemoryBus
from twin_common.bus.partition import partition_of
from twin_common.settings import Settings
from twin_schemas.catalogue import topic
from twin_schemas.records.dead_letter import DeadLetter
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.start_twin import StartTwin

DIGEST, OTHER = "12" * 32, "34" * 32


def version(name: str, digest: str = DIGEST) -> RegisterSceneVersion:
    """A small file as a version of a scene."""
    return RegisterSceneVersion(name, digest, f"{name}.usda", 10)


class HeavyFiles(TrustingFiles):
    """Has a file whose check doesn't end by itself."""

    def __init__(self) -> None:
        super().__init__(strict=True)
        self.examining, self.done = asyncio.Event(), asyncio.Event()

    async def examine(self, file: SceneFile, org: str, *, owned: bool) -> Checked:
        if file.digest == OTHER:
            self.examining.set()
            await self.done.wait()
        return await super().examine(file, org, owned=owned)


@pytest.fixture
def files() -> HeavyFiles:
    """Files of which nothing is uploaded yet."""
    return HeavyFiles()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Two scenes for everybody."""
    return settings.model_copy(update={"quotas": settings.quotas.model_copy(update={"scenes": 2})})


async def test_a_file_that_only_others_have_uploaded_or_registered_is_not_there(
    caller: Caller, files: HeavyFiles
) -> None:
    files.uploads.add(("other", DIGEST))
    assert (await caller.refused(version("arm"))).code == "scene_file_missing"
    files.uploads.add(("local", DIGEST))
    assert (await caller.accepted(version("arm"))).version == 1


async def test_an_upload_ends_when_it_is_a_version_which_others_of_the_organisation_can_be_made_of(
    caller: Caller, files: HeavyFiles
) -> None:
    files.uploads |= {("local", DIGEST), ("other", DIGEST)}
    await caller.accepted(version("arm"))

    async def forgotten() -> bool:
        return files.uploads == {("other", DIGEST)}

    await eventually(forgotten)
    assert (await caller.accepted(version("copy"))).version == 1
    assert (await caller.accepted(version("arm"))).version == 1


async def test_a_check_that_takes_long_holds_up_no_command_about_a_twin(
    caller: Caller, files: HeavyFiles, create: Callable[[str], Awaitable[str]]
) -> None:
    files.uploads |= {("local", "ab" * 32), ("local", OTHER)}
    await create("pendulum")
    heavy = await caller.send(version("heavy", OTHER))
    await files.examining.wait()
    await caller.accepted(StartTwin("pendulum"))
    assert await caller.answers(heavy) == []
    files.done.set()

    async def answered() -> bool:
        return bool(await caller.answers(heavy))

    await eventually(answered)


async def test_what_was_stored_for_a_version_that_is_refused_after_all_is_removed(
    caller: Caller, files: HeavyFiles
) -> None:
    names = {"arm": DIGEST, "leg": "56" * 32, "late": OTHER}
    files.uploads |= {("local", digest) for digest in names.values()}
    late = await caller.send(version("late", OTHER), key="late")
    await files.examining.wait()
    count = topic("control.commands").partitions
    elsewhere = next(
        key for key in "abcdefgh" if partition_of(key.encode(), count) != partition_of(b"late", count)
    )
    for name in ("arm", "leg"):
        await caller.accepted(version(name, names[name]), key=elsewhere)
    files.done.set()
    blobs = {OTHER, sha256(OTHER.encode()).hexdigest()}

    async def removed() -> bool:
        return set(files.removed) == blobs

    await eventually(removed)
    assert [answer.code for answer in await caller.answers(late)] == ["quota_exceeded"]  # type: ignore[union-attr]
    assert ("local", OTHER) in files.uploads


async def test_what_nobody_can_read_is_refused_once(caller: Caller, bus: MemoryBus) -> None:
    async with await bus.producer() as producer:
        await producer.send("test.twin.control.commands", key=b"k", value=b"no record")
    await caller.refused(StartTwin("nobody"))
    await caller.refused(version("arm"))
    letters = [said for said in await caller.read("dead.letter") if isinstance(said.record, DeadLetter)]
    assert len(letters) == 1
