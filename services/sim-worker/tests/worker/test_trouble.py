from dataclasses import replace

from sim_worker_support.world import until

from twin_schemas.records import Epoch, SimPhase, TwinGenesis


async def test_an_exploding_twin_parks_itself_and_disturbs_nobody(world):
    await world.work()
    bad, bad_journal = await world.started("bad", partition=1)
    good, good_journal = await world.started("good", partition=1)
    await bad_journal.frames(3)
    await bad_journal.push(1e12)
    await bad_journal.frames(10)
    await world.folded(good, await good_journal.frames(20))
    status = await world.reached(bad, SimPhase.PARKED)
    assert status.code == "diverged" and "masses" in status.message
    assert [c.type for c in status.conditions] == ["parked"]
    assert len(await world.predictions(good)) == 20


async def test_a_parked_twin_stays_parked_after_a_restart_and_holds_nothing_back(world):
    await world.work()
    spec, journal = await world.started()
    await journal.push(1e12)
    await journal.frames(10)
    await world.reached(spec, SimPhase.PARKED)
    await world.stop()
    opened = sum(len(model.opened) for model in world.workshop.models.values())
    await world.work()
    await journal.frames(10)
    status = await until(lambda: _of(world, spec, "w1", SimPhase.PARKED))
    assert status.code == "diverged"
    assert sum(len(model.opened) for model in world.workshop.models.values()) == opened


async def _of(world, spec, worker, phase):
    status = await world.status(spec)
    return status if status and status.worker == worker and status.phase == phase else None


async def test_a_new_revision_unparks_a_twin_even_under_a_later_epoch(world):
    await world.work()
    spec, journal = await world.started()
    await journal.push(1e12)
    await journal.frames(10)
    await world.reached(spec, SimPhase.PARKED)
    await journal.acquire(Epoch(2, "writer-b"))
    await world.stop()
    await world.work()
    await world.put(replace(spec, revision=2))
    await until(journal.grant)
    await world.folded(spec, await journal.frames(5))
    assert (await world.reached(spec, SimPhase.RUNNING)).revision == 2


async def test_a_record_of_an_unknown_schema_parks_its_twin_and_no_other(world):
    await world.work()
    bad, bad_journal = await world.started("bad", partition=1)
    good, good_journal = await world.started("good", partition=1)
    await bad_journal.frames(3)
    offset = await bad_journal.write_raw(b"\0\0\0\xff\xffwhat is this")
    await bad_journal.frames(3)
    await world.folded(good, await good_journal.frames(10))
    status = await world.reached(bad, SimPhase.PARKED)
    assert status.code == "undecodable" and str(offset) in status.message
    assert status.counts["undecodable"] == 1
    assert len(await world.predictions(bad)) == 3


async def test_the_genesis_of_another_twin_parks_the_twin_in_whose_journal_it_lies(world):
    await world.work()
    bad, bad_journal = await world.started("bad", partition=1)
    good, good_journal = await world.started("good", partition=1)
    await bad_journal.frames(3)
    genesis = next(r for _, r in await world.journal_of(good) if isinstance(r, TwinGenesis))
    await bad_journal.write(genesis)
    await world.folded(good, await good_journal.frames(10))
    status = await world.reached(bad, SimPhase.PARKED)
    assert status.code == "undecodable" and f"genesis of twin {good.twin}" in status.message


async def test_what_no_topic_can_hold_parks_its_twin_and_no_other(world):
    await world.work()
    bad, bad_journal = await world.started("bad", partition=1)
    good, good_journal = await world.started("good", partition=1)
    await bad_journal.frames(3)
    await bad_journal.push(1.0, command="x" * 400_000)  # told of three times
    await bad_journal.frames(3)
    await world.folded(good, await good_journal.frames(10))
    status = await world.reached(bad, SimPhase.PARKED)
    assert status.code == "internal" and "can't be written" in status.message
    assert len(await world.predictions(good)) == 10


async def test_an_incarnation_of_which_no_topic_can_tell_parks_its_twin_and_no_other(world):
    await world.work()
    good, good_journal = await world.started("good", partition=1)
    bad = await world.specify("bad", partition=1)
    bad_journal = world.journal(bad)
    wanted = (await until(bad_journal.requests))[-1]
    await bad_journal.begin(replace(wanted, reason="x" * 1_045_500))
    status = await world.reached(bad, SimPhase.PARKED)
    assert status.code == "internal" and "can't be written" in status.message
    await world.folded(good, await good_journal.frames(10))


async def test_records_on_another_partition_than_the_specs_are_refused(world):
    await world.work()
    spec, journal = await world.started(partition=1)
    await journal.frames(3)
    journal.partition = 2
    await journal.frames(3)
    journal.partition, journal.tick = 1, journal.tick - 3
    await world.folded(spec, await journal.frames(3))
    assert [p.tick for p in await world.predictions(spec)] == list(range(6))
    assert "misplaced" in world.metrics.text().decode()


async def test_a_scene_that_does_not_compile_fails_the_twin_with_its_text(world):
    await world.work()
    spec = await world.specify(scene_digest="broken")
    status = await world.reached(spec, SimPhase.FAILED)
    assert status.code == "scene_broken" and "/Cart: has no mass" in status.message
    assert await world.journal(spec).requests() == []


async def test_a_corrected_twin_starts_after_a_failure(world):
    await world.work()
    spec = await world.specify(scene_digest="broken")
    await world.reached(spec, SimPhase.FAILED)
    spec = replace(spec, revision=2, scene_digest="carts")
    await world.put(spec)
    journal = world.journal(spec)
    await until(journal.grant)
    await world.folded(spec, await journal.frames(3))


async def test_a_mapping_to_a_prim_that_is_not_there_names_key_prim_and_the_nearest(world):
    await world.work()
    mapping = {"sensors/x": "/World/Rail.position"}
    source = {"type": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "a/#", "mapping": mapping}
    spec = await world.specify(sync={"sources": [source]})
    status = await world.reached(spec, SimPhase.FAILED)
    assert status.code == "unknown_prim"
    for part in ("sensors/x", "/World/Rail", "nearest are /Rail"):
        assert part in status.message


async def test_a_twin_that_is_too_heavy_is_refused_with_figures(world):
    world.workshop.cost_s = 0.1
    await world.work()
    spec = await world.specify()
    status = await world.reached(spec, SimPhase.FAILED)
    assert status.code == "admission_refused" and "200 ms" in status.message


async def test_a_twin_that_hears_nothing_is_stale(world):
    world.settings = world.settings.model_copy(
        update={"sim_worker": world.settings.sim_worker.model_copy(update={"stale_after_s": 0.2})}
    )
    await world.work()
    spec, journal = await world.started()
    await journal.frames(2)

    async def stale():
        status = await world.status(spec)
        return status and any(c.type == "stale" for c in status.conditions)

    await until(stale)

    async def fresh():
        await journal.frames(1)
        status = await world.status(spec)
        return status and status.offset > 3 and not status.conditions

    await until(fresh)


async def test_a_record_that_killed_the_process_before_is_not_tried_again(world):
    await world.work()
    spec, journal = await world.started()
    last = await journal.frames(3)
    world.crumbs.known[f"{spec.twin}/1/{last + 1}"] = 3
    await journal.frames(3)
    status = await world.reached(spec, SimPhase.PARKED)
    assert status.code == "crashed" and status.counts["crashes"] == 3
    assert len(await world.predictions(spec)) == 3


async def test_a_worker_that_takes_over_learns_where_the_one_before_crashed(world):
    await world.work()
    spec, journal = await world.started()
    last = await journal.frames(3)
    await world.covered(spec, last)
    await world.work("w2")
    world.crumbs.unread[f"{spec.twin}/1/{last + 1}"] = 1
    await world.kill()
    await journal.frames(3)
    status = await world.reached(spec, SimPhase.PARKED)
    assert status.code == "crashed" and status.counts["crashes"] == 1
