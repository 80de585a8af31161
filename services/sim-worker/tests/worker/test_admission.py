"""Who gets room on a worker: at every start, not on a move, and as soon as there is some."""

from dataclasses import replace

from sim_worker_support.world import definition, until

from sim_worker.handlers import starting
from twin_common import metrics_table as table
from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_schemas.records import Desired, RevisionApplied, SimPhase

HEAVY_S = 0.1
"""For a tick: two copies thirty times a second are six cores."""


async def restarted(world, spec, journal, wanted, revision=3):
    """Stop and start, as scene manager and sync engine do it when the incarnation can go on."""
    await world.put(replace(spec, revision=revision - 1, desired=Desired.STOPPED))
    await journal.stop()
    await world.reached(spec, SimPhase.STOPPED)
    spec = replace(spec, revision=revision, definition=wanted.canonical_json())
    await world.put(spec)
    config = fold_config(wanted, CommandBounds())
    await journal.write(RevisionApplied(journal.epoch, journal.tick + 1, revision, "digest", config=config))
    await journal.resume()
    return spec


async def test_a_raised_rate_is_admitted_anew_when_the_twin_restarts_on_the_same_worker(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    world.workshop.cost_s = HEAVY_S
    spec = await restarted(world, spec, journal, definition("cart", rate_hz=60))
    status = await world.reached(spec, SimPhase.PARKED)
    assert status.code == "admission_refused" and "60 Hz" in status.message
    assert "Then start it again." in status.message and status.revision == 3
    assert world.metrics.value(table.ADMISSION_REFUSED) == 1

    world.workshop.cost_s = 1e-5
    await world.put(replace(spec, revision=4))
    await until(journal.grant)
    await world.folded(spec, await journal.frames(3))
    assert (await world.reached(spec, SimPhase.RUNNING)).incarnation == 2


async def test_a_twin_that_moves_to_a_busy_worker_is_not_refused(world):
    await world.work("w1")
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    await world.stop("w1")
    world.workshop.cost_s = HEAVY_S
    await world.work("w2")
    await world.folded(spec, await journal.frames(3))

    async def reported():
        status = await world.status(spec)
        return status if status.worker == "w2" and status.offset >= journal.tick else None

    status = await until(reported)
    assert (status.phase, status.code, status.conditions) == (SimPhase.RUNNING, None, [])


async def test_a_change_that_a_running_twin_takes_is_not_refused(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    world.workshop.cost_s = HEAVY_S
    tagged = definition("cart", assimilation={"mode": "overwrite"})
    await world.put(replace(spec, revision=2, definition=tagged.canonical_json()))
    config = fold_config(tagged, CommandBounds())
    await journal.write(RevisionApplied(journal.epoch, journal.tick + 1, 2, "digest", config=config))
    await world.folded(spec, await journal.frames(3))

    async def reported():
        return (await world.status(spec)).revision == 2

    await until(reported)
    assert (await world.status(spec)).phase is SimPhase.RUNNING


async def test_a_refused_twin_starts_by_itself_when_others_have_left_room(world, monkeypatch):
    monkeypatch.setattr(starting, "_AGAIN_S", 0.2)
    world.workshop.cost_s = 0.008
    await world.work()
    big, _ = await world.started("big", partition=1)
    late = await world.specify("late", partition=2)
    refused = await world.reached(late, SimPhase.FAILED)
    assert refused.code == "admission_refused" and "add a worker" in refused.message
    await world.put(replace(big, revision=2, desired=Desired.STOPPED))
    await world.delete(big)
    journal = world.journal(late)
    await until(journal.grant)
    await world.folded(late, await journal.frames(3))
    assert (await world.reached(late, SimPhase.RUNNING)).code is None
