"""A twin whose frames take long has them folded one at a time, and its neighbours theirs in between."""

import time

import pytest
from sim_worker_support.carts import FragileCart

from sim_worker.handlers import feeding

TICK_S = 0.02


@pytest.fixture
async def neighbours(world, monkeypatch):
    """A worker with a heavy twin and a light one, on partitions of their own."""
    await world.work()
    heavy, light = await world.started("heavy", 0, scene_digest="heavy"), await world.started("light", 1)
    (model,) = [model for recipe, model in world.workshop.models.items() if recipe.scene_digest == "heavy"]
    carts, advance = model.opened, FragileCart.advance

    def slow(cart, steps, *given):
        if cart in carts:
            time.sleep(TICK_S)
        return advance(cart, steps, *given)

    monkeypatch.setattr(FragileCart, "advance", slow)
    return heavy, light


async def folded_after_all(world, neighbours):
    """Whether a frame of the light twin waits for all that the heavy one has."""
    (heavy, many), (light, few) = neighbours
    await world.folded(heavy, await many.frames(2))
    last = await many.frames(60)
    await world.folded(light, await few.frames(1))
    waited = max(p.offset for p in await world.predictions(heavy)) == last
    await world.folded(heavy, last)
    assert await world.predictions(heavy) == await world.refolded(heavy)
    return waited


async def test_a_neighbour_is_folded_before_what_waits_of_a_heavy_twin(world, neighbours):
    assert not await folded_after_all(world, neighbours)


async def test_a_worker_that_folds_in_the_order_of_arrival_is_found_out(world, neighbours, monkeypatch):
    monkeypatch.setattr(feeding, "_HEAVY_S", 3600.0)
    assert await folded_after_all(world, neighbours)
