"""Commands about one scene at the same moment, in every order that a database allows."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from scene_manager.domain.cause import Asked, Cause
from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import SceneFile
from scene_manager.domain.scene_check import Checked, Stored
from scene_manager.errors import DatabaseUnreachable, Refused, SceneChanged
from scene_manager.handlers.scene_deletion import delete_scene, remove_unnamed
from scene_manager.handlers.scenes import Registration, SceneRules
from scene_manager.testing import samples as sample
from scene_manager.testing.samples import World
from scene_manager.testing.scene_files import TrustingFiles
from twin_common.ids import uuid7
from twin_schemas.records.delete_scene import DeleteScene

ROUNDS = 12


class SlowFiles(TrustingFiles):
    """A store that takes its time to delete."""

    async def remove(self, digest: str) -> None:
        """Long enough for somebody else to name the blob, if nothing keeps them from it."""
        await asyncio.sleep(0.02)
        await super().remove(digest)


def asked() -> Asked:
    command = uuid7()
    return Asked(command, "k", 5, Cause("local", "me", command, command))


def registration(world: World, files: TrustingFiles) -> Registration:
    engines = EnginePolicy(frozenset({"mujoco"}), frozenset({"mujoco"}), {})
    return Registration(SceneRules(10_000, 99, 10**9, engines, files, world.work))


async def register(world: World, files: TrustingFiles, name: str, digest: str) -> bool:
    """Store and register a file; False when it was deleted meanwhile."""
    handling, file, asking = registration(world, files), SceneFile(digest, "s.usda", 10), asked()
    try:
        stored = await handling.examined(name, file, asking)
    except Refused:
        return False
    files.gone.discard(digest)  # as it is put there now

    async def decide(tx: Transaction) -> None:
        await handling.add(name, file, stored, asking, tx)

    return await tried(world, decide)


async def tried(world: World, decide) -> bool:
    """Decide, again while the database gives it up; False when it is refused."""
    while True:
        try:
            await world.work.apply(decide)
        except (Refused, SceneChanged):
            return False
        except DatabaseUnreachable:  # a deadlock was broken
            continue
        return True


async def test_a_version_is_either_deleted_or_pinned(world: World) -> None:
    files = TrustingFiles()
    for number in range(ROUNDS):
        name = f"s{number}"
        for digest in (f"{number:063x}a", f"{number:063x}b"):
            assert await register(world, files, name, digest)
        twin = sample.twin(uuid7(), name=f"t{number}")

        async def pin(tx: Transaction, name=name, twin=twin) -> None:
            pinned = await tx.scenes.pin("local", name, None)
            await tx.twins.add(replace(twin, scene=pinned))

        async def delete(tx: Transaction, name=name) -> None:
            await delete_scene(DeleteScene(name, version=2), asked(), tx)

        race = [tried(world, delete), tried(world, pin)]
        if number % 2:
            await asyncio.gather(*race)
        else:
            await asyncio.gather(*reversed(race))

        async def truth(tx: Transaction, name=name) -> None:
            numbers = [version.number for version in await tx.scenes.versions("local", name)]
            assert numbers in ([1], [1, 2])
            assert await tx.twins.pinning("local", name, numbers[-1]) == [f"t{name[1:]}"]

        await world.work.apply(truth)


async def test_a_blob_that_a_version_names_is_never_deleted(world: World) -> None:
    files = SlowFiles()
    for number in range(ROUNDS):
        name, digest = f"s{number}", f"{number:063x}c"
        removing = asyncio.ensure_future(remove_unnamed(digest, world.work, files))
        await asyncio.sleep(number / 1000)
        kept = await register(world, files, name, digest)
        await removing
        assert not (kept and digest in files.gone)


async def test_registrations_of_one_organisation_see_each_other(world: World) -> None:
    files = TrustingFiles()
    small = registration(world, files)
    limited = replace(small, rules=replace(small.rules, max_scenes=3))

    async def register_new(number: int) -> bool:
        async def decide(tx: Transaction) -> None:
            file = SceneFile(f"{number:064x}", "s.usda", 10)
            await limited.add(f"s{number}", file, Stored(Checked("ab" * 32, "ab" * 32), 0), asked(), tx)

        return await tried(world, decide)

    assert sum(await asyncio.gather(*(register_new(number) for number in range(8)))) == 3
