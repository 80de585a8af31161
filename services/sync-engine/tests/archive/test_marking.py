"""Marks move forward only, and wait until they have been compared."""

import pytest

from sync_engine.handlers.filling import Filling
from sync_engine.handlers.marking import Marker
from twin_common.archive.marks import Mark, Marks, contradictions, digest_of_value
from twin_common.bus.types import TopicPartition
from twin_common.clock import SystemClock


@pytest.fixture
def marks(world):
    return Marks(world.blobs)


@pytest.fixture
def marker(world, marks):
    return Marker(world.bus, marks, SystemClock(), world.metrics)


def tp_of(world, partition=0):
    return TopicPartition(world.journal, partition)


async def marked(world, marks, offset, partition=0, incarnation=3):
    record = (await world.broker(partition))[offset]
    await marks.put(partition, Mark(1, offset, digest_of_value(record.value), incarnation))


async def test_a_successor_that_reads_from_far_behind_the_mark_does_not_set_it_back(world, marks, marker):
    await world.write(60)
    await marked(world, marks, 40)
    held = {tp_of(world): Filling(0)}
    (filling,) = held.values()
    await marker.examine(held)
    for record in await world.broker():
        filling.take(record)
        await marker.note(held)
        noted = await marks.newest(0)
        assert (noted.offset, noted.incarnation) == (max(40, record.offset), 3)


async def test_nothing_is_noted_of_a_partition_that_was_not_compared(world, marks, marker):
    await world.write(60)
    await marked(world, marks, 40)
    filling = Filling(59)
    filling.take((await world.broker())[59])
    await marker.note({tp_of(world): filling})
    assert (await marks.newest(0)).offset == 40


async def test_incarnations_stay_used_up_when_the_mark_of_a_lost_journal_is_forgotten(world, marks, marker):
    await world.write(60)
    await marks.put(0, Mark(1, 99, "", incarnation=3))
    held = {tp_of(world): Filling(0)}
    (filling,) = held.values()
    await marker.examine(held)
    assert filling.contradicted
    await marks.forget(0)
    successor = {tp_of(world): Filling(0)}
    await marker.examine(successor)
    successor[tp_of(world)].take((await world.broker())[0])
    await marker.note(successor)
    noted = await marks.newest(0)
    assert (noted.offset, noted.incarnation) == (0, 3)


async def test_of_many_journals_those_are_told_that_contradict_their_marks(world, marks):
    await world.write(20)
    await world.write(20, partition=1)
    good = Mark(1, 19, digest_of_value((await world.broker(1))[19].value))
    for wrong in (Mark(1, 20, good.digest), Mark(1, 5, good.digest)):
        found = await contradictions(world.bus, {tp_of(world, 0): wrong, tp_of(world, 1): good})
        assert list(found) == [tp_of(world, 0)]
