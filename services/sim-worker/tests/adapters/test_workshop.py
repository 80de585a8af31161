import asyncio
import gc

import pytest
from sim_worker_support.carts import NoCrumbs
from sim_worker_support.pendulum import HINGE, SCENE, pendulum
from sim_worker_support.world import until

from sim_worker.adapters.workshop import EngineWorkshop
from sim_worker.domain.channels import channel_table
from sim_worker.domain.recipe import Recipe
from sim_worker.errors import SceneBroken, UnknownEngine
from twin_common.blobs import MemoryBlobs
from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_sim.fold import ChannelLayout

CONFIG = fold_config(pendulum("p"), CommandBounds())


@pytest.fixture
async def blobs():
    return MemoryBlobs()


@pytest.fixture
async def crumbs():
    return NoCrumbs()


@pytest.fixture
async def workshop(blobs, crumbs):
    made = EngineWorkshop(blobs, frozenset({"mujoco", "gazebo"}), crumbs, 3)
    yield made
    made.close()


async def recipe(blobs, content=None, engine="mujoco"):
    return Recipe.of(engine, await blobs.put(content or SCENE.read_bytes()), CONFIG)


async def test_the_pendulum_becomes_a_model_with_its_hinge(workshop, blobs):
    model = await workshop.build(await recipe(blobs))
    assert list(model.inventory.joints) == [HINGE]
    channels = channel_table(pendulum("p"), model.inventory)
    twin = model.open(ChannelLayout.of(channels), 1 / 480, {})
    twin.advance(16)
    assert len(twin.read()) == 2
    twin.close()


async def test_those_who_ask_for_the_same_model_share_it(workshop, blobs):
    wanted = await recipe(blobs)
    first, second = await asyncio.gather(workshop.build(wanted), workshop.build(wanted))
    assert first is second is await workshop.build(wanted)


async def test_a_model_that_nobody_uses_is_released(workshop, blobs):
    wanted = await recipe(blobs)
    await workshop.build(wanted)

    async def released():
        gc.collect()
        return wanted not in workshop._models

    await until(released)


async def test_the_compiled_scene_is_kept_by_its_digest(workshop, blobs):
    before = set(blobs._blobs)
    await workshop.build(await recipe(blobs))
    assert len(set(blobs._blobs) - before) == 2  # the scene file itself, and what was read from it


async def test_a_scene_that_is_no_usd_fails_with_its_text(workshop, blobs):
    with pytest.raises(SceneBroken) as failed:
        await workshop.build(await recipe(blobs, b"this is no scene"))
    assert failed.value.code == "scene_broken"


async def test_a_scene_that_is_not_stored_says_so(workshop, blobs):
    with pytest.raises(SceneBroken) as failed:
        await workshop.build(Recipe.of("mujoco", "0" * 64, CONFIG))
    assert failed.value.code == "scene_missing"


@pytest.mark.parametrize(("engine", "part"), [("gazebo", "installed"), ("omniverse", "isn't enabled")])
async def test_an_engine_that_is_not_there_is_named(workshop, blobs, engine, part):
    with pytest.raises(UnknownEngine) as failed:
        await workshop.build(await recipe(blobs, engine=engine))
    assert failed.value.code == "unknown_engine" and part in failed.value.message


async def test_a_scene_that_brought_the_process_down_is_not_tried_again(workshop, blobs, crumbs):
    wanted = await recipe(blobs)
    crumbs.known[f"scene/{wanted.scene_digest}"] = 3
    with pytest.raises(SceneBroken) as failed:
        await workshop.build(wanted)
    assert failed.value.code == "scene_crashed"


async def test_a_failed_build_can_be_tried_again(workshop, blobs):
    wanted = Recipe.of("mujoco", (await MemoryBlobs().put(SCENE.read_bytes())), CONFIG)
    with pytest.raises(SceneBroken):
        await workshop.build(wanted)
    await blobs.put(SCENE.read_bytes())
    assert (await workshop.build(wanted)).inventory.joints


async def test_a_ticks_cost_grows_with_its_steps(workshop, blobs):
    model = await workshop.build(await recipe(blobs))
    layout = ChannelLayout.of(channel_table(pendulum("p"), model.inventory))
    few = await workshop.tick_cost(model, layout, 1, 1 / 480)
    many = await workshop.tick_cost(model, layout, 400, 1 / 480)
    assert 0 < few < many


async def test_the_cost_of_a_tick_that_takes_days_is_known_at_once(workshop, blobs):
    model = await workshop.build(await recipe(blobs))
    layout = ChannelLayout.of(channel_table(pendulum("p"), model.inventory))
    async with asyncio.timeout(30):
        assert await workshop.tick_cost(model, layout, 10**11, 1e-8) > 3600


async def test_overrides_that_the_model_does_not_know_are_left_to_the_fold(workshop, blobs):
    model = await workshop.build(await recipe(blobs))
    assert await workshop.prepare(model, {"/Nothing.mass": 1.0}) is None
