"""What a deleted twin leaves behind: nothing, in the topics and in object storage."""

import asyncio

import pytest
from sim_worker_support.world import until
from sim_worker_support.world import world as make_world

from twin_common.blobs import MemoryBlobs
from twin_common.bus.memory import MemoryBus


@pytest.fixture
async def outside():
    """A world whose checkpoints all lie in object storage."""
    async with make_world(MemoryBus(), state_inline_bytes=0) as made:
        yield made


async def test_the_blobs_of_its_checkpoints_go_with_a_twin(outside):
    await outside.work()
    spec, journal = await outside.started()
    for _ in range(3):
        await outside.covered(spec, await journal.frames(2))
    assert await outside.blobs.within(spec.twin).digests()
    await outside.delete(spec)

    async def nothing_left():
        newest = {r.key: r.value for r in await outside.read(outside.topics.checkpoints, spec.partition)}
        left = await outside.blobs.within(spec.twin).digests()
        return not any(newest.values()) and not left and await outside.status(spec) is None

    await until(nothing_left)


async def test_another_twins_checkpoints_stay(outside):
    await outside.work()
    one, one_journal = await outside.started("one")
    two, two_journal = await outside.started("two")
    await outside.covered(one, await one_journal.frames(2))
    await outside.covered(two, await two_journal.frames(2))
    await outside.delete(one)

    async def buried():
        return await outside.status(one) is None

    await until(buried)
    await outside.stop()
    await outside.work("w2")
    await outside.folded(two, await two_journal.frames(2))
    assert (await outside.status(two)).incarnation == 1


async def test_object_storage_that_says_nothing_holds_no_other_twin_up(outside, monkeypatch):
    await outside.work()
    one, one_journal = await outside.started("one")
    two, two_journal = await outside.started("two")
    await outside.covered(one, await one_journal.frames(2))

    async def silent(_self):
        await asyncio.Event().wait()

    monkeypatch.setattr(MemoryBlobs, "digests", silent)
    await outside.delete(one)

    async def gone():
        return await outside.status(one) is None

    await until(gone)
    await outside.folded(two, await two_journal.frames(2))


async def test_outdated_checkpoints_do_not_fill_the_store(outside, monkeypatch):
    from sim_worker.handlers import checkpoints

    monkeypatch.setattr(checkpoints, "_KEPT_BLOBS", 2)
    await outside.work()
    spec, journal = await outside.started()
    for _ in range(5):
        await outside.covered(spec, await journal.frames(2))

    async def few():
        return len(await outside.blobs.within(spec.twin).digests()) <= 3

    await until(few)
    await outside.kill()
    await outside.work("w2")
    await outside.folded(spec, await journal.frames(2))
    assert (await outside.status(spec)).incarnation == 1


async def test_what_another_worker_left_in_the_store_goes_with_the_next_checkpoint(outside):
    await outside.work()
    spec, journal = await outside.started()
    await outside.covered(spec, await journal.frames(2))
    await outside.kill()
    folder = outside.blobs.within(spec.twin)
    lost = await folder.put(b"written, but never named by a record")
    await outside.work("w2")
    await outside.covered(spec, await journal.frames(2))

    async def tidied():
        return lost not in await folder.digests()

    await until(tidied)
    await outside.kill("w2")
    await outside.work("w3")
    await outside.folded(spec, await journal.frames(2))
    assert (await outside.status(spec)).incarnation == 1


async def test_a_deleted_twins_blobs_go_even_when_no_record_names_them(outside):
    await outside.work()
    spec, journal = await outside.started()
    await outside.covered(spec, await journal.frames(2))
    folder = outside.blobs.within(spec.twin)
    await folder.put(b"written, but never named by a record")
    await outside.delete(spec)

    async def nothing_left():
        return not await folder.digests()

    await until(nothing_left)


async def test_a_twin_that_never_ran_leaves_no_report(world):
    await world.work()
    spec = await world.specify()

    async def reported():
        return await world.status(spec) is not None

    await until(reported)
    await world.delete(spec)

    async def gone():
        return await world.status(spec) is None

    await until(gone)


async def test_a_twin_that_was_deleted_before_any_worker_knew_it_leaves_no_report(world):
    await world.work()
    spec = await world.specify()

    async def reported():
        return await world.status(spec) is not None

    await until(reported)
    await world.stop()
    await world.delete(spec)
    world.bus.compact(world.topics.specs)
    await world.work("w2")

    async def gone():
        return await world.status(spec) is None

    await until(gone)
