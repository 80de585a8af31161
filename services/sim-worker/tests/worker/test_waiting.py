"""A twin that doesn't run yet says what it waits for."""

import asyncio
from dataclasses import replace

import pytest
from sim_worker_support.world import definition, until

from twin_schemas.records import SimPhase


async def waiting(world, spec, words):
    async def said():
        status = await world.status(spec)
        texts = [c.message for c in status.conditions if c.type == "waiting"] if status else []
        return status if any(words in text for text in texts) else None

    return await until(said)


async def settled(world, spec):
    async def nothing():
        status = await world.status(spec)
        return status.phase is SimPhase.RUNNING and not status.conditions

    await until(nothing)


async def test_for_its_incarnation(world):
    await world.work()
    spec = await world.specify()
    status = await waiting(world, spec, "for the sync engine to begin an incarnation of revision 1")
    assert status.phase is SimPhase.STARTING
    await until(world.journal(spec).grant)
    await settled(world, spec)


def slow_to_build(world, monkeypatch):
    """Models are built only once the event that is returned is set."""
    gate, build = asyncio.Event(), world.workshop.build

    async def slow(recipe):
        await gate.wait()
        return await build(recipe)

    monkeypatch.setattr(world.workshop, "build", slow)
    return gate


async def test_for_its_scene(world, monkeypatch):
    gate = slow_to_build(world, monkeypatch)
    await world.work()
    spec = await world.specify()
    assert (await waiting(world, spec, "for its scene")).phase is SimPhase.STARTING
    gate.set()
    await until(world.journal(spec).grant)
    await settled(world, spec)


async def test_for_its_model_on_another_worker(world, monkeypatch):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    await world.stop()
    gate = slow_to_build(world, monkeypatch)
    await world.work("w2")
    await waiting(world, spec, "for its model")
    gate.set()
    await settled(world, spec)


@pytest.mark.parametrize("change", [{"ring_ticks": 5}, {"frame_wait_ms": 5}], ids=str)
async def test_for_the_revision_that_it_was_restarted_with(world, change):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    await journal.stop()
    wanted = definition("cart", **change)
    await world.put(replace(spec, revision=3, definition=wanted.canonical_json()))
    await waiting(world, spec, "of revision 3" if "ring_ticks" in change else "with revision 3")
