"""A revision that a running twin can take begins no incarnation; what it changes comes through the journal."""

from dataclasses import replace

import pytest
from sim_worker_support.world import definition, until

from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_schemas.records import Assimilation, RevisionApplied, SimPhase

CHANGED = definition("cart", assimilation={"mode": "overwrite"})


async def running_as(world, spec, revision):
    async def reported():
        status = await world.status(spec)
        return status is not None and (status.revision, status.phase) == (revision, SimPhase.RUNNING)

    await until(reported)


async def test_the_worker_waits_for_the_journal_and_then_reports_the_new_revision(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frame([(0, 0.5)]))
    await world.put(replace(spec, revision=2, definition=CHANGED.canonical_json()))
    await world.folded(spec, await journal.frames(5))
    assert (await world.status(spec)).revision == 1

    config = fold_config(CHANGED, CommandBounds())
    await journal.write(RevisionApplied(journal.epoch, journal.tick + 1, 2, "digest", config=config))
    await world.folded(spec, await journal.frame([(0, 1.0)]))
    await running_as(world, spec, 2)
    assert len(await journal.requests()) == 1
    assert (await world.status(spec)).incarnation == 1
    assert await world.predictions(spec) == await world.refolded(spec)


@pytest.mark.parametrize(
    "sync", [{"rate_hz": 20}, {"rate_hz": 28}, {"frame_wait_ms": 5}, {"mode": "batch"}], ids=str
)
async def test_a_restart_that_the_incarnation_serves_waits_for_its_revision_and_asks_for_nothing(world, sync):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    await journal.stop()
    wanted = definition("cart", **sync)
    await world.put(replace(spec, revision=3, definition=wanted.canonical_json()))
    config = fold_config(wanted, CommandBounds())
    await journal.write(RevisionApplied(journal.epoch, journal.tick + 1, 3, "digest", config=config))
    await journal.resume()
    await world.folded(spec, await journal.frames(2))
    await running_as(world, spec, 3)
    assert len(await journal.requests()) == 1


@pytest.mark.parametrize(
    "change",
    [{"ring_ticks": 5}, {"mode": "standalone", "sources": []}, {"rate_hz": 20, "ring_ticks": 5}],
    ids=str,
)
async def test_a_restart_that_wants_another_incarnation_asks_for_one(world, change):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    await journal.stop()
    wanted = definition("cart", **change)
    await world.put(replace(spec, revision=3, definition=wanted.canonical_json()))
    await until(journal.grant)
    assert [request.revision for request in await journal.requests()] == [1, 3]
    await world.folded(spec, await journal.frames(2))
    await running_as(world, spec, 3)


async def test_a_restart_with_a_definition_that_the_scene_cannot_have_fails_and_says_why(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    await journal.stop()
    source = {"type": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "cart/#"}
    wanted = definition("cart", sources=[{**source, "mapping": {"x": "/Nowhere.position"}}])
    await world.put(replace(spec, revision=3, definition=wanted.canonical_json()))
    status = await world.reached(spec, SimPhase.FAILED)
    assert (status.revision, status.code) == (3, "unknown_prim")
    assert len(await journal.requests()) == 1


async def test_a_restored_twin_goes_on_under_the_revision_that_it_had(world):
    await world.work()
    spec, journal = await world.started()
    await world.put(replace(spec, revision=2, definition=CHANGED.canonical_json()))
    config = fold_config(CHANGED, CommandBounds())
    await journal.write(RevisionApplied(journal.epoch, journal.tick + 1, 2, "digest", config=config))
    await world.covered(spec, await journal.frame([(0, 1.0)]))
    await world.stop()
    worker = await world.work("w2")
    await world.folded(spec, await journal.frame([(0, 2.0)]))
    await running_as(world, spec, 2)
    run = worker.partitions.held[spec.partition].runs[spec.twin]
    assert run.genesis.fold.assimilation is Assimilation.OVERWRITE
    assert await world.predictions(spec) == await world.refolded(spec)
    assert len(await journal.requests()) == 1
