"""A journal that has lost its newest records is noticed, and nothing is said under numbers that were used before."""

from dataclasses import replace

import pytest
from sim_worker_support.world import until

from sim_worker.handlers.recognition import Recognition
from twin_common import metrics_table as table
from twin_common.archive.marks import NOWHERE, Mark, Marks, digest_of_value
from twin_common.bus.types import TopicPartition
from twin_schemas import codec
from twin_schemas.records import Desired, Epoch, IncarnationRequested

SECOND = Epoch(2, "writer-b")


@pytest.fixture
async def stopped(world):
    """A twin of 30 frames whose worker has stopped, and the length of its journal."""
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(30))
    await world.stop()
    return spec, journal, len(world.bus.records(world.topics.journal))


def rewind(world, spec, end, topic=None):
    """Set a partition back, as a broker's folder is."""
    world.bus.rewind(TopicPartition(topic or world.topics.journal, spec.partition), end)


async def asked_anew(journal):
    async def there():
        wanted = [r for r in await journal.requests() if isinstance(r, IncarnationRequested)]
        return wanted[-1] if "new incarnation" in wanted[-1].reason else None

    return await until(there)


async def goes_on(world, spec, journal):
    """The twin goes on in another incarnation, and whatever was said of lost offsets stays the only word on them."""
    wanted = await asked_anew(journal)
    assert wanted.above == 1
    assert wanted.state is not None
    assert "journal" in wanted.reason
    before = len(await world.predictions(spec))
    await until(journal.grant)
    await journal.frames(5)

    async def five():
        said = (await world.predictions(spec))[before:]
        return said if len(said) >= 5 else None

    said = await until(five)
    assert [p.incarnation for p in said] == [2] * 5
    assert len({p.offset for p in said}) == 5
    assert world.metrics.value(table.LOST_TAILS, service="sim-worker") >= 1
    return wanted


async def test_a_journal_that_ends_before_the_checkpoint_goes_on_as_another_incarnation(world, stopped):
    spec, journal, length = stopped
    rewind(world, spec, length - 12)
    await journal.acquire(SECOND)
    await world.work("w2")
    await asked_anew(journal)
    status = await world.status(spec)
    assert status.code == "lost_tail"
    assert "the journal ends at offset" in status.message
    wanted = await goes_on(world, spec, journal)
    assert wanted.state.offset == length - 1


async def test_a_journal_that_was_written_on_behind_a_lost_tail_is_told_by_its_record(world, stopped):
    spec, journal, length = stopped
    rewind(world, spec, length - 12)
    await journal.acquire(SECOND)
    await journal.frames(40)
    await world.work("w2")
    wanted = await goes_on(world, spec, journal)
    assert f"journal offset {length - 1}" in wanted.reason


async def goes_on_writing(journal):
    """A writer goes on where the journal ends, as if nothing had been behind that; with other readings."""
    journal.tick -= 12
    return [await journal.frame([(0, 0.03)]) for _ in range(40)][-1]


async def test_without_a_look_at_that_record_nothing_would_be_noticed(world, stopped, monkeypatch):
    spec, journal, length = stopped
    monkeypatch.setattr(Recognition, "compare", lambda *_: None)
    rewind(world, spec, length - 12)
    last = await goes_on_writing(journal)
    await world.work("w2")
    await world.folded(spec, last)
    assert all("new incarnation" not in request.reason for request in await journal.requests())


async def test_a_writer_that_goes_on_as_if_nothing_was_lost_is_told_by_that_record(world, stopped):
    spec, journal, length = stopped
    rewind(world, spec, length - 12)
    await goes_on_writing(journal)
    await world.work("w2")
    await goes_on(world, spec, journal)


async def test_a_worker_that_runs_meanwhile_notices_it_as_well(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(30))
    rewind(world, spec, len(world.bus.records(world.topics.journal)) - 12)
    await journal.acquire(SECOND)
    await journal.frames(2)
    await goes_on(world, spec, journal)


async def test_a_broker_that_is_set_back_whole_is_told_by_a_mark_outside_of_it(world, stopped):
    spec, journal, length = stopped
    newest = world.bus.records(world.topics.journal)[-1]
    await Marks(world.blobs).put(
        spec.partition, Mark(1, newest.offset, digest_of_value(newest.value), incarnation=1)
    )
    rewind(world, spec, length - 12)
    checkpoints = [r for r in world.bus.records(world.topics.checkpoints) if r.partition == spec.partition]
    older = [r.offset for r in checkpoints if r.value and world_offset(r) < length - 12]
    rewind(world, spec, older[-1] + 1, world.topics.checkpoints)
    await journal.acquire(SECOND)
    await world.work("w2")
    wanted = await goes_on(world, spec, journal)
    assert "was seen in it" in wanted.reason

    async def forgotten():
        mark = await Marks(world.blobs).newest(spec.partition)
        return (mark.offset, mark.incarnation) == (NOWHERE, 1)

    await until(forgotten)


async def neighbours(world):
    """A twin that runs and one that is stopped on one partition, both with a lost tail that a mark tells of."""
    await world.work()
    spec, journal = await world.started()
    other, quiet = await world.started("other")
    await world.covered(other, await quiet.frames(3))
    await world.put(replace(other, desired=Desired.STOPPED))
    await world.covered(other, await quiet.stop())
    length = len(world.bus.records(world.topics.journal))
    await world.covered(spec, await journal.frames(30))
    await world.stop()
    newest = world.bus.records(world.topics.journal)[-1]
    await Marks(world.blobs).put(
        spec.partition, Mark(1, newest.offset, digest_of_value(newest.value), incarnation=1)
    )
    rewind(world, spec, length + 5)
    return spec, journal, other, quiet


async def rests(world, spec):
    """Wait until what its journal has lost is accounted for, and its newest checkpoint is of the second incarnation."""

    async def there():
        mark = await Marks(world.blobs).newest(spec.partition)
        noted = await world.blobs.within("marks").within(f"lost-{spec.partition}").digests()
        status = await world.status(spec)
        return mark.offset == NOWHERE and len(noted) == 1 and status.incarnation == 2

    await until(there)


async def test_a_stopped_neighbour_costs_nobody_another_incarnation_at_each_take_over(world):
    spec, journal, other, _ = await neighbours(world)
    await journal.acquire(SECOND)
    await world.work("w2")
    await goes_on(world, spec, journal)
    await rests(world, spec)
    for name, before in (("w3", "w2"), ("w4", "w3")):
        await world.stop(before)
        await world.work(name)
        last = await journal.frames(5)
        await world.folded(spec, last)
        assert not await journal.grant()
    assert {p.incarnation for p in await world.predictions(spec)} == {1, 2}
    assert (await world.status(other)).code == "lost_tail"


async def test_a_neighbour_that_was_stopped_takes_a_new_incarnation_when_it_starts_again(world):
    spec, journal, other, quiet = await neighbours(world)
    await journal.acquire(SECOND)
    await world.work("w2")
    await goes_on(world, spec, journal)
    await rests(world, spec)
    await world.stop("w2")
    await world.work("w3")
    await world.put(replace(other, desired=Desired.RUNNING))
    await quiet.acquire(SECOND)
    wanted = await asked_anew(quiet)
    assert (wanted.above, wanted.state is not None) == (1, True)
    await until(quiet.grant)
    await world.folded(other, await quiet.frames(5))

    async def forgotten():
        return not await world.blobs.within("marks").within(f"lost-{spec.partition}").digests()

    await until(forgotten)


async def test_an_untouched_journal_goes_on_as_it_is(world, stopped):
    spec, journal, _ = stopped
    newest = world.bus.records(world.topics.journal)[-1]
    await Marks(world.blobs).put(spec.partition, Mark(1, newest.offset, digest_of_value(newest.value), 1))
    await world.work("w2")
    await world.folded(spec, await journal.frames(5))
    assert {p.incarnation for p in await world.predictions(spec)} == {1}
    assert world.metrics.value(table.LOST_TAILS, service="sim-worker") == 0


def world_offset(record):

    return codec.decode(record.value).offset
