"""A worker of another build takes a twin over: the twin goes on near where it was, in a new incarnation (rule 19)."""

from dataclasses import replace

import pytest
from sim_worker_support.carts import CartModel, CartWorkshop, FragileCart
from sim_worker_support.world import until

from twin_schemas import codec
from twin_schemas.records import CommandApplied, CommandRefused, IncarnationBegan
from twin_sim.fold import Carried

NEAR_M = 1e-6
"""How near the first prediction of the new incarnation is to the plant; committed before the first run."""


class CareFree(FragileCart):
    """A mutant: what moves isn't carried."""

    def take_over(self, carried: Carried) -> None:
        super().take_over(Carried({**carried.values, "/Rail.velocity": [0.0]}, carried.targets))


class CareFreeModel(CartModel):
    def open(self, layout, timestep, overrides):
        cart = CareFree(overrides.get("/Cart.mass", 2.0))
        cart.set_timestep(timestep)
        return cart


class CareFreeWorkshop(CartWorkshop):
    async def build(self, recipe):
        return self.models.setdefault(recipe, CareFreeModel(recipe, self.build_name))


async def events(world, kind):
    records = await world.read(world.topics.events)
    return [event for r in records if isinstance(event := codec.decode(r.value), kind)]


async def requested(journal, count=2):
    """Wait until so many incarnations were asked for."""

    async def asked():
        return len(await journal.requests()) == count

    await until(asked)


async def distance_from_the_plant(world, workshop):
    """A cart that rolls at 3 m/s and is pushed; how far the first prediction of the new build is from where it is."""
    await world.work()
    spec, journal = await world.started()
    await journal.frame([(1, 3.0)])
    await journal.push(2.0)
    await world.covered(spec, await journal.frame())
    for _ in range(4):
        last = await journal.frame()
    await world.folded(spec, last)
    await world.kill()
    world.workshop = workshop
    await world.work("w2")
    await until(journal.grant)
    offset = await journal.frame()
    await world.folded(spec, offset)
    told = {frame.offset: frame for frame in await world.predictions(spec)}
    frame = told[offset]
    assert frame.incarnation == 2
    # x'' = 2 N / 2 kg, and the new grid begins one tick after the last
    (x, v), dt = told[last].values, 1 / 30
    return abs(frame.values[0] - (x + v * dt + 0.5 * dt * dt)), frame


async def test_the_first_prediction_is_near_the_plant(world):
    distance, frame = await distance_from_the_plant(world, CartWorkshop(build="2"))
    assert frame.values[0] > 0.3, "it began at the initial state"
    assert distance < NEAR_M


async def test_a_build_that_drops_velocities_is_found_out(world):
    distance, _ = await distance_from_the_plant(world, CareFreeWorkshop(build="2"))
    assert distance > 1000 * NEAR_M


async def test_it_says_what_differs_and_where_it_went_on(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    last = await journal.frames(2)
    await world.folded(spec, last)
    await world.stop()
    world.workshop = CartWorkshop(build="2")
    await world.work()
    await until(journal.grant)
    await world.folded(spec, await journal.frames(2))
    first, second = await events(world, IncarnationBegan)
    assert (first.incarnation, first.continuity, first.from_offset) == (1, "initial", -1)
    assert (second.incarnation, second.continuity) == (2, "approximate")
    assert (second.from_incarnation, second.from_offset) == (1, last)
    assert second.reason == "new incarnation: engine build 1 → 2"
    request = (await journal.requests())[-1]
    assert (request.reason, request.state_digest) == (second.reason, second.state_digest)


async def test_no_prediction_of_the_other_builds_incarnation_comes_from_this_one(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(4))
    await world.stop()
    before = await world.predictions(spec)
    world.workshop = CartWorkshop(build="2")
    await journal.frames(4)
    await world.work()
    await until(journal.grant)
    await world.folded(spec, await journal.frames(1))
    after = await world.predictions(spec)
    assert after[: len(before)] == before
    assert {frame.incarnation for frame in after[len(before) :]} == {2}


async def test_a_command_between_two_builds_is_in_the_state_or_its_sender_is_told(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    await world.stop()
    world.workshop = CartWorkshop(build="2")
    await journal.push(2.0, command="before")
    await journal.frames(2)
    await world.work()
    await requested(journal)
    await journal.push(2.0, command="after")
    await journal.frames(2)
    await journal.grant()
    await world.folded(spec, await journal.frames(1))
    applied = {event.command_id for event in await events(world, CommandApplied)}
    refused = {(event.command_id, event.code) for event in await events(world, CommandRefused)}
    assert (applied, refused) == ({"before"}, {("after", "superseded")})


async def test_a_command_that_waits_in_the_carried_state_is_done_and_told_once(world):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    await world.stop()
    world.workshop = CartWorkshop(build="2")
    await journal.push(2.0, command="waiting")
    await world.work()
    await requested(journal)
    request = (await journal.requests())[-1]
    assert [each.record.command_id for each in request.state.pending] == ["waiting"]
    await journal.frames(2)
    await journal.grant()
    await world.folded(spec, await journal.frames(2))
    applied = [(event.command_id, event.incarnation) for event in await events(world, CommandApplied)]
    assert (applied, await events(world, CommandRefused)) == ([("waiting", 2)], [])


async def test_a_stopped_twin_goes_on_from_where_it_was_stopped(world):
    await world.work()
    spec, journal = await world.started()
    await journal.frame([(0, 0.7)])
    await world.covered(spec, await journal.stop())
    await world.stop()
    world.workshop = CartWorkshop(build="2")
    await world.work()
    await journal.resume()
    await until(journal.grant)
    request = (await journal.requests())[-1]
    assert request.state is not None
    assert request.state.values["/Rail.position"][0] == pytest.approx(0.5, abs=0.3)
    await world.folded(spec, await journal.frames(1))
    assert (await world.predictions(spec))[-1].incarnation == 2


async def test_a_checkpoint_without_a_portable_state_leads_to_the_initial_state_and_says_so(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    await world.stop()
    for record in await world.read(world.topics.checkpoints, spec.partition):
        if record.value is not None:
            old = replace(codec.decode(record.value), portable=None)
            await world.producer.send(
                world.topics.checkpoints, value=codec.encode(old), key=record.key, partition=spec.partition
            )
    world.workshop = CartWorkshop(build="2")
    await world.work()
    await until(journal.grant)
    await world.folded(spec, await journal.frames(1))
    began = (await events(world, IncarnationBegan))[-1]
    assert began.continuity == "initial"
    assert "so it begins at the scene's initial state" in began.reason
