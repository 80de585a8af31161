"""A take-over costs more than a session allows to stand still for, and still ends."""

import asyncio
import time

import pytest

from twin_common import metrics_table as table

TWINS = 24
OPENING_S = 0.05
"""All twins together take longer to open than the session of 1 s."""


@pytest.fixture
async def heavy(world):
    """Twins with checkpoints, and nobody who works at them."""
    await world.work()
    twins = [await world.started(f"cart-{n}", partition=n % 2) for n in range(TWINS)]
    for spec, journal in twins:
        await world.covered(spec, await journal.frames(3))
    await world.kill()
    return twins


def slowed(monkeypatch, world):
    for model in world.workshop.models.values():
        opening = model.open

        def slow(layout, timestep, overrides, opening=opening):
            time.sleep(OPENING_S)
            return opening(layout, timestep, overrides)

        monkeypatch.setattr(model, "open", slow)


def counted(world, what):
    return world.metrics.value(table.WORKER_EVENTS, event=what)


async def test_many_twins_are_opened_one_at_a_time_and_the_worker_is_heard_of_in_between(
    world, heavy, monkeypatch
):
    slowed(monkeypatch, world)
    await world.work("w2")
    for spec, journal in heavy:
        await world.folded(spec, await journal.frames(1))
    assert counted(world, "rejoins") == 0


def simulations(world):
    return sum(len(model.opened) for model in world.workshop.models.values())


async def test_a_worker_that_stood_still_doesnt_open_again_what_it_has_opened(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    before = simulations(world)
    last = await journal.frames(3)
    time.sleep(1.2)  # noqa: ASYNC251 (the whole process stands still, for longer than its session of 1 s)
    await world.covered(spec, max(last, await journal.frames(3)))
    assert counted(world, "rejoins") == 1
    assert simulations(world) == before
    told = {p.offset: p for p in await world.predictions(spec)}
    assert list(told.values()) == await world.refolded(spec)


async def test_a_worker_that_stood_still_takes_what_another_one_has_gone_on_to(world, monkeypatch):
    worker = await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    again, catch_up = asyncio.Event(), worker._follower.catch_up

    async def late():
        await again.wait()
        await catch_up()

    monkeypatch.setattr(worker._follower, "catch_up", late)
    worker._guard.allow(-1)
    await world.work("w2")
    await world.covered(spec, await journal.frames(5))
    await world.stop("w2")
    again.set()
    await world.covered(spec, await journal.frames(5))
    by_offset = {}
    for prediction in await world.predictions(spec):
        assert by_offset.setdefault(prediction.offset, prediction) == prediction
    assert list(by_offset.values()) == await world.refolded(spec)
    assert len(await world.predictions(spec)) == 13
