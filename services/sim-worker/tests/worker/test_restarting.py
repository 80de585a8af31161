from dataclasses import replace

from sim_worker_support.world import definition, until

from twin_schemas.records import Epoch, SimPhase

OTHER = definition("cart", ring_ticks=5).canonical_json()


async def all_bytes(world, spec):
    records = await world.read(world.topics.predictions, spec.partition)
    return [r.value for r in records if r.key == spec.twin.encode()]


async def test_a_killed_worker_is_replaced_without_a_missing_tick_and_with_equal_repeats(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(20))
    await journal.push(3.0)
    middle = await journal.frames(15)
    await world.folded(spec, middle)
    await world.kill()
    await journal.frames(10)
    await world.work("w2")
    await world.folded(spec, await journal.frames(10))
    by_offset = {}
    for prediction in await world.predictions(spec):
        assert by_offset.setdefault(prediction.offset, prediction) == prediction
    assert [p.tick for p in by_offset.values()] == list(range(55))


async def test_what_several_restarts_predict_is_what_a_fold_without_any_predicts(world):
    await world.work()
    spec, journal = await world.started()
    for _ in range(3):
        await journal.frames(6)
        await journal.push(1.5)
        await world.folded(spec, await journal.frames(6))
        await world.stop()
        await world.work()
    await world.folded(spec, await journal.frames(1))
    told = {p.offset: p for p in await world.predictions(spec)}
    assert list(told.values()) == await world.refolded(spec)


async def test_a_graceful_stop_leaves_a_checkpoint_of_the_last_frame(world):
    await world.work()
    spec, journal = await world.started()
    last = await journal.frames(7)
    await world.folded(spec, last)
    await world.stop()
    assert await world.checkpoint_offset(spec) == last


async def test_a_twin_whose_genesis_nobody_checkpointed_is_folded_from_the_beginning(world):
    world.settings = world.settings.model_copy(
        update={
            "sim_worker": world.settings.sim_worker.model_copy(update={"checkpoint_interval_ms": 600_000})
        }
    )
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(5))
    await world.kill()
    for record in await world.read(world.topics.checkpoints, spec.partition):
        await world.producer.send(
            world.topics.checkpoints, value=None, key=record.key, partition=spec.partition
        )
    await world.work("w2")
    await world.folded(spec, await journal.frames(5))
    assert {p.tick for p in await world.predictions(spec)} == set(range(10))


async def test_a_spoiled_checkpoint_is_passed_over_for_the_one_before(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(5))
    await world.covered(spec, await journal.frames(5))
    await world.kill()
    newest = max(await world.read(world.topics.checkpoints, spec.partition), key=lambda record: record.offset)
    await world.producer.send(
        world.topics.checkpoints, value=b"\0spoiled", key=newest.key, partition=spec.partition
    )
    await world.work("w2")
    await world.folded(spec, await journal.frames(5))
    assert {p.tick for p in await world.predictions(spec)} == set(range(15))


async def test_another_twins_checkpoint_under_a_twins_key_is_passed_over(world):
    await world.work()
    spec, journal = await world.started("mine")
    other, others = await world.started("other")
    await others.push(5.0)
    await world.covered(other, await others.frames(9))
    await world.covered(spec, await journal.frames(5))
    await world.kill()
    records = await world.read(world.topics.checkpoints, spec.partition)
    foreign = [r.value for r in records if (r.key or b"").startswith(other.twin.encode())][-1]
    for slot in (0, 1):
        await world.producer.send(
            world.topics.checkpoints,
            value=foreign,
            key=f"{spec.twin}/1/{slot}".encode(),
            partition=spec.partition,
        )
    await world.work("w2")
    await world.folded(spec, await journal.frames(5))
    assert {p.tick for p in await world.predictions(spec)} == set(range(10))
    assert {p.tick: p.values for p in await world.predictions(spec)} == {
        p.tick: p.values for p in await world.refolded(spec)
    }


async def test_a_large_state_goes_to_object_storage_and_comes_back(world):
    world.settings = world.settings.model_copy(
        update={"sim_worker": world.settings.sim_worker.model_copy(update={"state_inline_bytes": 10})}
    )
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(5))
    await world.kill()
    await world.work("w2")
    await world.folded(spec, await journal.frames(5))
    assert {p.tick for p in await world.predictions(spec)} == set(range(10))


async def test_a_rebalance_moves_twins_and_loses_no_tick(world):
    await world.work("w1")
    twins = [await world.started(f"cart-{n}", partition=n) for n in range(4)]
    for _, journal in twins:
        await journal.frames(5)
    await world.work("w2")
    for _ in range(5):
        for _, journal in twins:
            await journal.frames(2)
    await world.stop("w1")
    for spec, journal in twins:
        await world.folded(spec, await journal.frames(5))
    for spec, _ in twins:
        by_offset = {}
        for prediction in await world.predictions(spec):
            assert by_offset.setdefault(prediction.offset, prediction) == prediction
        assert sorted(p.tick for p in by_offset.values()) == list(range(20))


async def test_a_twin_that_was_stopped_before_a_new_epoch_resumes_after_a_restart(world):
    await world.work()
    spec, journal = await world.started()
    await journal.frames(5)
    await world.covered(spec, await journal.stop())
    await world.covered(spec, await journal.acquire(Epoch(2, "writer-b")))
    await world.stop()
    await world.work()
    await journal.resume()
    await world.folded(spec, await journal.frames(3))
    status = await world.reached(spec, SimPhase.RUNNING)
    assert status.counts["void"] == 0


async def test_another_build_asks_for_a_new_incarnation(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    await world.stop()
    world.workshop = type(world.workshop)(build="2")
    await world.work()
    await until(journal.grant)
    await world.folded(spec, await journal.frames(3))
    assert (await world.predictions(spec))[-1].incarnation == 2


async def test_checkpoints_of_an_old_incarnation_are_removed(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    await world.put(replace(spec, revision=2, definition=OTHER))
    await until(journal.grant)
    await world.covered(spec, await journal.frames(3))

    async def only_the_new():
        newest = {r.key: r.value for r in await world.read(world.topics.checkpoints, spec.partition)}
        return {key.split(b"/")[1] for key, value in newest.items() if value is not None} == {b"2"}

    await until(only_the_new)
