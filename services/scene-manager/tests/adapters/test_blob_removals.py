"""Blobs that are removed while somebody is about to name them; no transaction waits for the object store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar

import pytest

from scene_manager.domain.cause import Asked, Cause
from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.ports import Decide, Transaction, UnitOfWork
from scene_manager.domain.scene import SceneFile, Use
from scene_manager.domain.scene_check import Checked
from scene_manager.errors import SceneChanged
from scene_manager.handlers.scene_deletion import remove_unnamed
from scene_manager.handlers.scenes import Registration, SceneRules
from scene_manager.testing.samples import World
from scene_manager.testing.scene_files import TrustingFiles
from twin_common.ids import uuid7

FILE = SceneFile("12" * 32, "s.usda", 10)
inside: ContextVar[bool] = ContextVar("inside", default=False)


class Watched:
    """A unit of work that says when its caller is in a transaction."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def apply(self, decide: Decide) -> None:
        async def noted(tx: Transaction) -> None:
            token = inside.set(True)
            try:
                await decide(tx)
            finally:
                inside.reset(token)

        await self._work.apply(noted)


class WaitingFiles(TrustingFiles):
    """A store that is asked outside of transactions only, and deletes when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.removing, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def examine(self, file: SceneFile, org: str, *, owned: bool) -> Checked:
        assert not inside.get()
        return await super().examine(file, org, owned=owned)

    async def repack(self, base: SceneFile, org: str, uses: Sequence[Use], note: str) -> SceneFile:
        assert not inside.get()
        return await super().repack(base, org, uses, note)

    async def forget(self, org: str, digest: str) -> None:
        assert not inside.get()
        await super().forget(org, digest)

    async def remove(self, digest: str) -> None:
        assert not inside.get()
        self.removing.set()
        await self.go_on.wait()
        await super().remove(digest)


@pytest.fixture
def files() -> WaitingFiles:
    return WaitingFiles()


@pytest.fixture
def registration(world: World, files: WaitingFiles) -> Registration:
    engines = EnginePolicy(frozenset({"mujoco"}), frozenset({"mujoco"}), {})
    work = Watched(world.work)
    return Registration(SceneRules(10_000, 99, 10**9, engines, files, work))  # type: ignore[arg-type]


def asked() -> Asked:
    command = uuid7()
    return Asked(command, "k", 5, Cause("local", "me", command, command))


async def registered(registration: Registration, *, meanwhile: Awaitable[None] | None = None) -> None:
    """Store and register the file, with something that ends in between."""
    asking = asked()
    stored = await registration.examined("s", FILE, asking)
    if meanwhile is not None:
        await meanwhile

    async def decide(tx: Transaction) -> None:
        await registration.add("s", FILE, stored, asking, tx)

    await registration.rules.work.apply(decide)
    await registration.rules.forget("local", FILE.digest)


async def test_a_named_blob_is_stored_and_removed_outside_of_transactions(
    registration: Registration, files: WaitingFiles
) -> None:
    await registered(registration)
    await remove_unnamed(FILE.digest, registration.rules.work, files)
    assert (files.removed, files.forgotten) == ([], [("local", FILE.digest)])
    await remove_unnamed("56" * 32, registration.rules.work, files)
    assert files.removed == ["56" * 32]


async def test_a_blob_removed_since_it_was_stored_is_not_named(
    registration: Registration, files: WaitingFiles
) -> None:
    work = registration.rules.work
    await remove_unnamed("56" * 32, work, files)  # of no concern
    removing = remove_unnamed(FILE.digest, work, files)
    with pytest.raises(SceneChanged):
        await registered(registration, meanwhile=removing)
    files.gone.clear()
    await registered(registration)


async def test_a_blob_stored_while_its_removal_was_under_way_is_not_named(
    registration: Registration, files: WaitingFiles
) -> None:
    files.go_on.clear()
    removing = asyncio.ensure_future(remove_unnamed(FILE.digest, registration.rules.work, files))
    await files.removing.wait()
    with pytest.raises(SceneChanged):
        await registered(registration)

    async def ended() -> None:
        files.go_on.set()
        await removing

    with pytest.raises(SceneChanged):
        await registered(registration, meanwhile=ended())
    files.gone.clear()
    await registered(registration)


async def test_a_removal_that_was_broken_off_is_begun_again(
    registration: Registration, files: WaitingFiles
) -> None:
    files.go_on.clear()
    broken = asyncio.ensure_future(remove_unnamed(FILE.digest, registration.rules.work, files))
    await files.removing.wait()
    broken.cancel()
    await asyncio.wait({broken})
    with pytest.raises(SceneChanged):
        await registered(registration)
    files.go_on.set()
    await remove_unnamed(FILE.digest, registration.rules.work, files)
    files.gone.clear()
    await registered(registration)
