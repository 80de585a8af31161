"""A running twin takes what it can of a new definition at once."""

import asyncio
import json
import time
import uuid
from dataclasses import replace

import pytest

from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_schemas import codec
from twin_schemas.records import Assimilation, Desired, GridSegment, Resumed, RevisionApplied, TwinGenesis

HINGE = "/World/Pendulum/hinge"
TWIN = str(uuid.UUID(int=7))


@pytest.fixture
async def running(world, until):
    async with world.engine() as service:
        world.service = service
        definition = world.definition()
        spec = await world.specify(definition, twin=TWIN)
        await world.incarnate(spec, fold=fold_config(definition, CommandBounds()))
        await until(lambda: world.frames(TWIN))
        yield world


async def revised(world):
    return [r for r in await world.effective(TWIN) if isinstance(r, RevisionApplied)]


async def reported(world, revision):
    status = await world.status(TWIN)
    return status is not None and status.revision == revision and status


async def test_new_gains_enter_the_journal_as_a_revision(running, until):
    definition = running.definition(assimilation={"mode": "overwrite"}, horizon={"seconds": 2.0})
    await running.specify(definition, twin=TWIN, revision=2)
    (applied,) = await until(lambda: revised(running))
    assert applied.revision == 2
    assert applied.config.assimilation is Assimilation.OVERWRITE
    assert applied.config.horizon_ns == 2 * 10**9
    assert len(applied.definition_digest) == 64
    await until(lambda: reported(running, 2))
    assert len([r for r in await running.effective(TWIN) if isinstance(r, TwinGenesis)]) == 1


async def test_what_does_not_concern_the_fold_is_a_revision_without_settings(running, until):
    definition = running.definition(latency_budget_ms=7, buffer_size=3)
    await running.specify(definition, twin=TWIN, revision=2)
    (applied,) = await until(lambda: revised(running))
    assert applied.config is None
    (held,) = running.service.partitions.all_twins()
    assert held.session.definition.sync.latency_budget_ms == 7


async def test_new_publish_targets_are_published_to_at_once_and_old_ones_no_more(running, until, device):
    await running.predict(TWIN)
    await until(lambda: _true(any(topic == "out/pendulum" for topic, _ in device.heard)))
    definition = running.definition(publish=[{"type": "mqtt", "topic": "out/elsewhere"}])
    await running.specify(definition, twin=TWIN, revision=2)
    await until(lambda: revised(running))
    before = len([1 for topic, _ in device.heard if topic == "out/pendulum"])

    async def heard():
        await running.predict(TWIN)
        return any(topic == "out/elsewhere" for topic, _ in device.heard)

    await until(heard)
    assert len([1 for topic, _ in device.heard if topic == "out/pendulum"]) == before


async def test_a_source_is_heard_throughout_a_change_of_the_back_off(running, until, device):
    definition = running.definition(reconnect_backoff_ms=[500])
    await running.specify(definition, twin=TWIN, revision=2)
    await until(lambda: revised(running))
    (held,) = running.service.partitions.all_twins()
    received = held.session.intakes[0]

    async def hears():
        device.say("plant/pendulum/angle", b"0.5")
        return received.connected and (await running.status(TWIN)).sources[0].received > 0

    await until(hears)


async def restarted(world, until, definition):
    await stopped(world, until)
    await world.specify(definition, twin=TWIN, revision=3)


async def stopped(world, until):
    await world.specify(world.definition(), twin=TWIN, revision=2, desired=Desired.STOPPED)
    await until(lambda: reported(world, 2))


@pytest.mark.parametrize(
    "sync",
    [
        {"rate_hz": 20},
        {"rate_hz": 28},
        {"frame_wait_ms": 3},
        {"primary": "sensors"},
        {"mode": "batch"},
    ],
    ids=str,
)
async def test_what_the_incarnation_serves_after_a_restart_is_a_revision_of_it(running, until, sync):
    wanted = running.definition(**sync)
    await restarted(running, until, wanted)
    (applied,) = await until(lambda: revised(running))
    assert applied.revision == 3
    await until(lambda: reported(running, 3))
    (resumed,) = [r for r in await running.effective(TWIN) if isinstance(r, Resumed)]
    grid = resumed.grid
    assert grid.rate_num == wanted.sync.rate_hz * grid.rate_den


async def other_scene(world, until):
    await stopped(world, until)
    (held,) = world.service.partitions.all_twins()
    spec = replace(held.session.spec, revision=3, desired=Desired.RUNNING, scene_digest="e" * 64)
    await world.put(spec)


async def other_ring(world, until):
    await restarted(world, until, world.definition(ring_ticks=5))


async def other_channels(world, until):
    (source,) = world.definition().model_dump(mode="json")["sync"]["sources"]
    source["mapping"] = {"plain": f"{HINGE}.velocity"}
    await restarted(world, until, world.definition(sources=[source]))


@pytest.mark.parametrize("restart", [other_scene, other_ring, other_channels])
async def test_what_wants_another_incarnation_is_no_revision_of_this_one(running, until, restart):
    await restart(running, until)
    await until(lambda: reported(running, 3))
    assert await revised(running) == []
    assert [r for r in await running.effective(TWIN) if isinstance(r, Resumed)] == []
    (held,) = running.service.partitions.all_twins()
    await running.incarnate(held.session.spec, request_id="request-2")
    before = len(await running.frames(TWIN))
    await until(lambda: more_frames(running, before))


async def more_frames(world, before):
    return len(await world.frames(TWIN)) > before


async def test_a_writer_that_comes_after_stop_and_start_goes_on_at_the_new_rate(running, until):
    await running.specify(running.definition(rate_hz=15), twin=TWIN, revision=3)
    (applied,) = await until(lambda: revised(running))
    records = await until(lambda: segments(running))
    assert applied.revision == 3
    assert records[-1].grid.rate_num == 15 * records[-1].grid.rate_den


async def segments(world):
    return [r for r in await world.effective(TWIN) if isinstance(r, GridSegment) and r.grid.rate_num == 15]


async def test_a_revision_made_while_the_twin_was_stopped_comes_before_it_goes_on(running, until):
    definition = running.definition()
    await running.specify(definition, twin=TWIN, revision=2, desired=Desired.STOPPED)
    await until(lambda: reported(running, 2))
    changed = running.definition(assimilation={"mode": "none"})
    await running.specify(changed, twin=TWIN, revision=3, desired=Desired.STOPPED)
    await running.specify(changed, twin=TWIN, revision=4)
    (applied,) = await until(lambda: revised(running))
    records = [type(r).__name__ for r in await running.effective(TWIN)]
    assert (applied.revision, applied.config.assimilation) == (4, Assimilation.NONE)
    assert records.index("Stopped") < records.index("RevisionApplied") < records.index("Resumed")


async def test_a_successor_knows_the_revision_in_force(running, until):
    definition = running.definition(assimilation={"mode": "overwrite"})
    await running.specify(definition, twin=TWIN, revision=2)
    await until(lambda: revised(running))
    async with running.engine(writer_id="second"):
        await until(lambda: reported(running, 2))
    assert len(await revised(running)) == 1


async def public(world, frame):
    return frame.offset in {each.offset for each in await world.public("pendulum")}


def other(world, revision=2):
    """Gives the twin a definition for which it is read anew."""
    return lambda: world.specify(world.definition(ring_ticks=5), twin=TWIN, revision=revision)


async def read_anew(world, until, monkeypatch, revisions):
    """Change the twin's definition; what was predicted while nobody held it, and where predictions were read on."""
    partitions, missed, rewound = world.service.partitions, [], []
    read, follow = partitions._holding._tails.read, partitions._predictions.follow_since

    async def predicted_meanwhile(partition, specs):
        missed.append(await world.predict(TWIN))
        await asyncio.sleep(0.1)  # the engine reads it now
        return await read(partition, specs)

    def followed(partition, time_ms):
        rewound.append(time_ms)
        follow(partition, time_ms)

    monkeypatch.setattr(partitions._holding._tails, "read", predicted_meanwhile)
    monkeypatch.setattr(partitions._predictions, "follow_since", followed)
    for revision in revisions:
        await revision()
    await until(lambda: _true(bool(missed)))
    return missed, rewound


async def test_what_is_predicted_while_a_twin_is_read_anew_becomes_public(
    running, until, monkeypatch, device
):
    first = await running.predict(TWIN)
    await until(lambda: public(running, first))
    missed, _ = await read_anew(
        running,
        until,
        monkeypatch,
        [other(running)],
    )
    await until(lambda: public(running, missed[0]))
    last = await running.predict(TWIN)
    await until(lambda: public(running, last))
    offsets = [each.offset for each in await running.public("pendulum")]
    assert offsets == sorted(set(offsets))
    told = [json.loads(payload)["offset"] for topic, payload in device.heard if topic == "out/pendulum"]
    assert len(told) == len(set(told))


async def test_so_it_does_when_a_definition_in_between_could_not_be_used(running, until, monkeypatch):
    first = await running.predict(TWIN)
    await until(lambda: public(running, first))
    (held,) = running.service.partitions.all_twins()
    spec = held.session.spec

    async def useless():
        await running.put(replace(spec, revision=2, definition="{}"))
        await until(lambda: _true(not running.service.partitions.all_twins()))

    missed, _ = await read_anew(
        running,
        until,
        monkeypatch,
        [useless, other(running, 3)],
    )
    await until(lambda: public(running, missed[0]))


async def test_a_twin_that_could_not_be_held_when_its_engine_came_says_nothing_again(world, until):
    async with world.engine(writer_id="a"):
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        said = await world.predict(TWIN)
        await until(lambda: public(world, said))
    await world.put(replace(spec, revision=2, definition="{}"))
    async with world.engine(writer_id="b") as engine:
        await until(lambda: _true(engine.partitions.partition(0)))
        await until(lambda: _true(TWIN in engine.partitions.partition(0).unusable))
        await world.specify(world.definition(), twin=TWIN, revision=3)
        await until(lambda: _true(engine.partitions.twin(0, TWIN)))
        again = "hanzo.twin.sim.predictions"  # as a worker says it that went back
        await world.producer.send(again, key=TWIN.encode(), value=codec.encode(said), partition=0)
        last = await world.predict(TWIN)
        await until(lambda: public(world, last))
    assert [each.offset for each in await world.public("pendulum")] == [said.offset, last.offset]


async def test_nobody_reads_far_back_for_a_twin_of_which_nothing_was_ever_public(running, until, monkeypatch):
    began_ms = time.time_ns() // 1_000_000
    missed, rewound = await read_anew(
        running,
        until,
        monkeypatch,
        [other(running)],
    )
    await until(lambda: public(running, missed[0]))
    assert rewound
    assert min(rewound) >= began_ms - 2_100  # all others of the partition wait for as long as that takes


async def _true(value):
    return value
