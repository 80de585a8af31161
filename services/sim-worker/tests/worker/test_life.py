from dataclasses import replace

from sim_worker_support.world import definition, until

from twin_common.bus.envelope import Envelope
from twin_schemas import codec
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    Desired,
    HorizonFrame,
    HorizonResidual,
    IncarnationBegan,
    SimPhase,
)

OTHER = definition("cart", ring_ticks=5).canonical_json()


async def test_a_stopped_twin_closes_its_engine_and_goes_on_where_it_was(world):
    await world.work()
    spec, journal = await world.started()
    await journal.frames(5)
    offset = await journal.stop()
    await world.reached(spec, SimPhase.STOPPED)
    await world.covered(spec, offset)
    run = world.running["w1"][0].partitions.held[spec.partition].runs[spec.twin]

    async def asleep():
        return run.asleep is not None

    await until(asleep)
    await journal.resume()
    await world.folded(spec, await journal.frames(5))
    status = await world.reached(spec, SimPhase.RUNNING)
    assert status.incarnation == 1
    assert [p.tick for p in await world.predictions(spec)] == list(range(10))


async def test_a_twin_that_should_not_run_is_not_started(world):
    await world.work()
    spec = await world.specify(desired=Desired.STOPPED)
    await world.reached(spec, SimPhase.STOPPED)
    assert await world.journal(spec).requests() == []


async def test_a_deleted_twin_leaves_nothing_behind(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(5))
    await world.delete(spec)

    async def nothing_left():
        newest = {r.key: r.value for r in await world.read(world.topics.checkpoints, spec.partition)}
        return not any(newest.values()) and await world.status(spec) is None

    await until(nothing_left)


async def test_a_twin_deleted_while_no_worker_ran_is_cleaned_up_by_the_next(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(5))
    await world.stop()
    await world.delete(spec)
    await world.work()

    async def nothing_left():
        newest = {r.key: r.value for r in await world.read(world.topics.checkpoints, spec.partition)}
        return not any(newest.values()) and await world.status(spec) is None

    await until(nothing_left)


async def test_stop_and_start_stay_in_one_incarnation_and_answer_the_newest_revision(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    await world.put(replace(spec, revision=2, desired=Desired.STOPPED))
    await journal.stop()
    assert (await world.reached(spec, SimPhase.STOPPED)).revision == 2
    await world.put(replace(spec, revision=3))
    await journal.resume()
    await world.folded(spec, await journal.frames(3))

    async def answered():
        status = await world.status(spec)
        return status.revision == 3 and status.phase == SimPhase.RUNNING

    await until(answered)
    assert (await world.status(spec)).incarnation == 1
    assert len(await journal.requests()) == 1


async def test_another_definition_begins_a_new_incarnation(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    await world.put(replace(spec, revision=2, definition=OTHER))
    await until(journal.grant)
    await world.folded(spec, await journal.frames(3))
    status = await world.reached(spec, SimPhase.RUNNING)
    assert (status.incarnation, status.revision) == (2, 2)


async def test_the_request_is_repeated_under_the_same_id_until_it_is_granted(world):
    await world.work()
    spec = await world.specify()
    journal = world.journal(spec)
    await until(journal.requests)
    await world.kill()
    await world.work("w2")

    async def twice():
        return len(await journal.requests()) >= 2

    await until(twice)
    assert len({r.request_id for r in await journal.requests()}) == 1


async def test_the_fold_says_what_became_of_commands_under_ids_that_repeat(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(2))
    world.settings = world.settings.model_copy(
        update={
            "sim_worker": world.settings.sim_worker.model_copy(update={"checkpoint_interval_ms": 600_000})
        }
    )
    await world.stop()
    await world.work()
    await journal.push(1.0, command="good")
    await journal.push(1.0, joint="/Nowhere", command="bad")
    await world.folded(spec, await journal.frames(2))
    await world.kill()
    await world.work("w2")
    await world.folded(spec, await journal.frames(2))

    async def said():
        records = await world.read(world.topics.events)
        told = [(Envelope.parse(r.headers), codec.decode(r.value)) for r in records]
        return [(envelope, event) for envelope, event in told if not isinstance(event, IncarnationBegan)]

    async def repeated():
        return len(await said()) >= 4

    await until(repeated)
    pairs = await said()
    assert len({envelope.id for envelope, _ in pairs}) == 2
    assert {(type(event), event.command_id) for _, event in pairs} == {
        (CommandApplied, "good"),
        (CommandRefused, "bad"),
    }
    # whoever waits can tell whose and which twin's outcome it is, whatever id its command has
    assert {(envelope.org, envelope.subject) for envelope, _ in pairs} == {(spec.org, spec.twin)}
    assert {envelope.causation_id for envelope, _ in pairs} == {"good", "bad"}


async def test_records_wait_for_a_parameter_versions_model_while_other_twins_go_on(world):
    import asyncio

    await world.work()
    one, one_journal = await world.started("one", partition=1)
    two, two_journal = await world.started("two", partition=1)
    await world.folded(one, await one_journal.frames(2))
    world.workshop.gate = asyncio.Event()
    await one_journal.mass(4.0)
    waiting = await one_journal.frames(5)
    await world.folded(two, await two_journal.frames(5))
    assert len(await world.predictions(one)) == 2
    world.workshop.gate.set()
    await world.folded(one, waiting)
    predictions = await world.predictions(one)
    assert [p.tick for p in predictions] == list(range(7))
    assert predictions[-1].parameter_version == 1


async def test_forecasts_and_their_residuals_are_published(world):
    await world.work()
    spec, journal = await world.started(sync={"horizon": {"seconds": 0.2, "per_second": 10}})
    for _ in range(30):
        await world.folded(spec, await journal.frames(1))

    async def both():
        records = await world.read(world.topics.horizons, spec.partition)
        kinds = {type(codec.decode(record.value)) for record in records}
        return kinds == {HorizonFrame, HorizonResidual}

    await until(both)
