"""Keyframes are kept, named, and refold to what came after them (journal rule 18)."""

from sim_worker_support.world import until

from twin_common.blobs import KEYFRAMES
from twin_schemas import codec
from twin_schemas.records import FoldSnapshot, KeyframeTaken
from twin_sim.fold import Fold
from twin_sim.testing.cart import open_cart


async def keyframes(world, spec):
    records = await world.read(world.topics.keyframes, spec.partition)
    return [codec.decode(record.value) for record in records if record.key == spec.twin.encode()]


def every(world, seconds):
    retention = world.settings.retention.model_copy(update={"keyframe_s": seconds})
    world.settings = world.settings.model_copy(update={"retention": retention})


async def kept(world, spec, count):
    async def there():
        found = await keyframes(world, spec)
        return found if len(found) >= count else None

    return await until(there)


async def test_a_running_twin_is_kept_every_so_often_and_each_state_folds_on_as_the_journal_does(world):
    every(world, 0.1)
    await world.work()
    spec, journal = await world.started()
    for _ in range(4):
        await world.covered(spec, await journal.frames(5))
    last = await journal.frames(5)
    await world.folded(spec, last)
    frames = await kept(world, spec, 3)
    told = {p.offset: p for p in await world.predictions(spec)}
    for frame in frames:
        assert isinstance(frame, KeyframeTaken)
        snapshot = codec.decode(await world.blobs.within(spec.twin).within(KEYFRAMES).get(frame.digest))
        assert isinstance(snapshot, FoldSnapshot)
        assert (snapshot.offset, snapshot.tick) == (frame.offset, frame.tick)
        fold = Fold.restore(snapshot, open_cart)
        for offset, record in await world.journal_of(spec):
            for said in fold.take(offset, record):
                assert told[offset] == said


async def test_the_first_state_of_an_incarnation_is_kept_at_once(world):
    every(world, 3600)
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(5))
    (frame,) = await kept(world, spec, 1)
    assert frame.incarnation == 1


async def test_nothing_is_left_of_a_twin_that_has_gone(world):
    every(world, 0.05)
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(5))
    await kept(world, spec, 1)
    await world.delete(spec)

    async def empty():
        return not await world.blobs.within(spec.twin).within(KEYFRAMES).digests()

    await until(empty)
