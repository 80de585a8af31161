"""A twin's life as its journal tells it: genesis, stop, resume, take-over, deletion."""

import asyncio
import uuid

import pytest

from twin_schemas.records import (
    Desired,
    ObservationFrame,
    Resumed,
    SourcesAcquired,
    Stopped,
    TimeDiscontinuity,
    TwinGenesis,
)

TWIN = str(uuid.UUID(int=7))


@pytest.fixture
async def started(world, until):
    """A specified twin with frames, and its engine."""
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        yield spec, engine


def kinds(records) -> list[str]:
    """Types in order, repeats of frames left out."""
    names = [type(record).__name__ for record in records]
    return [
        name for index, name in enumerate(names) if name != "ObservationFrame" or names[index - 1] != name
    ]


async def test_no_frame_comes_before_the_genesis(world, until):
    async with world.engine():
        await world.specify(world.definition(), twin=TWIN)
        await until(lambda: world.status(TWIN))
    assert kinds(await world.effective(TWIN)) == ["SourcesAcquired"]


async def test_a_repeated_request_makes_no_second_incarnation(world, started, until):
    spec, _ = started
    await world.incarnate(spec, "request-1")
    await world.incarnate(spec, "request-2")

    async def two():
        return len([r for r in await world.effective(TWIN) if isinstance(r, TwinGenesis)]) == 2

    await until(two)
    found = [r for r in await world.effective(TWIN) if isinstance(r, TwinGenesis)]
    assert [(g.incarnation, g.request_id) for g in found] == [(1, "request-1"), (2, "request-2")]


async def test_a_new_incarnation_continues_the_ticks(world, started, until):
    spec, _ = started
    await world.incarnate(spec, "request-2")

    async def two():
        return [r for r in await world.effective(TWIN) if isinstance(r, TwinGenesis)][1:]

    (second,) = await until(two)
    records = await world.effective(TWIN)
    before = [r for r in records[: records.index(second)] if isinstance(r, ObservationFrame)]
    assert second.grid.tick == before[-1].tick + 1


async def test_a_request_that_comes_before_its_spec_is_kept(world, until):
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN, revision=1)
        await until(lambda: world.status(TWIN))
        later = await world.incarnate(
            spec.__class__(**{f: getattr(spec, f) for f in spec.__slots__} | {"revision": 2})
        )
        await world.specify(world.definition(), twin=TWIN, revision=2)
        await until(lambda: world.frames(TWIN))
        assert engine.partitions.twin(0, TWIN).session.tail.genesis.revision == later.revision


async def test_so_is_one_whose_twin_is_not_known_yet_whatever_befalls_the_journals_meanwhile(world, until):
    """Its command is committed: nobody reads it again."""
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await until(lambda: world.status(TWIN))
        await world.forget(TWIN)

        async def unknown():
            return engine.partitions.twin(0, TWIN) is None

        await until(unknown)
        await world.incarnate(spec)
        partition = engine.partitions.partition(0)

        async def kept():
            return TWIN in partition.requests

        await until(kept)
        before = partition.losses
        engine.partitions.lose_all("for a test")

        async def let_go():
            return partition.losses == before + 2

        await until(let_go)
        await world.put(spec)
        await until(lambda: world.frames(TWIN))
        assert not partition.requests


@pytest.mark.parametrize("changes", [{"org": "other"}, {"revision": 0}])
async def test_a_request_of_another_organisation_or_an_older_revision_is_ignored(world, until, changes):
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await until(lambda: world.status(TWIN))
        asked = spec.__class__(**{f: getattr(spec, f) for f in spec.__slots__} | changes)
        from_org = asked.org
        request = await world.incarnate(asked) if from_org == "local" else None
        if request is None:
            await world.incarnate(asked)  # its envelope is of "local": a dead letter

        async def refused():
            held = engine.partitions.twin(0, TWIN)
            return held.session.tally.counts["refused.incarnation"] or await world.read("dead.letter")

        await until(refused)
    assert kinds(await world.effective(TWIN)) == ["SourcesAcquired"]


async def test_stop_and_resume_stay_in_one_incarnation(world, started, until):
    await world.specify(world.definition(), twin=TWIN, revision=2, desired=Desired.STOPPED)

    async def stopped():
        return [r for r in await world.effective(TWIN) if isinstance(r, Stopped)]

    (record,) = await until(stopped)
    await world.specify(world.definition(), twin=TWIN, revision=3)

    async def resumed():
        records = await world.effective(TWIN)
        return isinstance(records[-1], ObservationFrame) and any(isinstance(r, Resumed) for r in records)

    await until(resumed)
    records = await world.effective(TWIN)
    assert kinds(records) == [
        "SourcesAcquired",
        "TwinGenesis",
        "ObservationFrame",
        "Stopped",
        "RevisionApplied",
        "Resumed",
        "ObservationFrame",
    ]
    frames = [r.tick for r in records if isinstance(r, ObservationFrame)]
    assert frames == list(range(len(frames)))
    assert record.tick == next(r for r in records if isinstance(r, Resumed)).grid.tick - 1


async def test_a_deleted_twin_is_let_go_and_its_status_removed(world, started, until):
    _, engine = started
    await until(lambda: world.status(TWIN))
    await world.forget(TWIN)

    async def gone():
        return engine.partitions.twin(0, TWIN) is None and await world.last_value("twin.status") is None

    await until(gone)


async def test_a_successor_goes_on_with_gap_frames_under_the_next_epoch(any_world, until):
    world = any_world
    async with world.engine(writer_id="one"):
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
    before = await world.effective(TWIN)
    async with world.engine(writer_id="two"):

        async def more():
            return len(await world.effective(TWIN)) > len(before) + 1

        await until(more)
    records = await world.effective(TWIN)
    acquired = [r for r in records if isinstance(r, SourcesAcquired)]
    assert [(r.epoch.counter, r.epoch.writer[:3]) for r in acquired] == [(1, "one"), (2, "two")]
    assert acquired[1].tick == before[-1].tick
    ticks = []
    for record in records:
        if isinstance(record, ObservationFrame):
            ticks.append(record.tick)
        elif isinstance(record, TimeDiscontinuity):
            ticks += range(record.first_tick, record.last_tick + 1)
    assert ticks == list(range(len(ticks)))


async def test_a_long_absence_is_one_discontinuity(world, until):
    async with world.engine(gap_after_s=0.2):
        spec = await world.specify(world.definition(rate_hz=100), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
    before = len(await world.effective(TWIN))
    await asyncio.sleep(0.5)
    async with world.engine(gap_after_s=0.2):

        async def more():
            return len(await world.effective(TWIN)) > before + 4

        await until(more)
    after = (await world.effective(TWIN))[before:]
    assert kinds(after)[:4] == ["SourcesAcquired", "TimeDiscontinuity", "GridSegment", "ObservationFrame"]
