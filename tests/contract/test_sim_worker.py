"""Every example of what the fold worker reads, through a whole worker on a bus in memory."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from contract_support.table import Case, each
from sim_worker_support.asking import Asker
from sim_worker_support.world import World, until
from sim_worker_support.world import world as make_world

from twin_common.bus.memory import MemoryBus
from twin_schemas import codec
from twin_schemas.records import SimPhase

CONSUMER = "sim-worker"

SETTLES, ANSWERED = "the twin runs, fails or parks with a code", "refused: no such twin runs here"

OUTCOMES = {
    ("twin.specs", "TwinSpec"): SETTLES,
    ("sim.checkpoints", "CheckpointTaken"): SETTLES,
    ("sim.requests", "GetState"): ANSWERED,
    **{
        ("sim.journal", kind): SETTLES
        for kind in (
            "TwinGenesis", "SourcesAcquired", "GridSegment", "ObservationFrame", "JointCommand",
            "ParametersApplied", "StateReset", "SourceQuorum", "SourceClock", "Stopped", "Resumed",
            "TimeDiscontinuity", "RevisionApplied",
        )
    },
}  # fmt: skip

TROUBLE = (SimPhase.FAILED, SimPhase.PARKED)


@pytest.fixture
async def world():
    async with make_world(MemoryBus()) as made:
        yield made


@asynccontextmanager
async def worker(world: World):
    """A running worker; its end shows whatever ended it."""
    await world.work()
    try:
        yield
    except TimeoutError:
        _, _, task = world.running["w1"]
        if task.done():
            task.result()
        raise


async def good_goes_on(world: World, partition: int = 1) -> None:
    """Another twin on the same partition starts and folds."""
    spec, journal = await world.started("good", partition)
    await world.folded(spec, await journal.frames(3))


async def settled(world: World, spec) -> None:
    async def there():
        status = await world.status(spec)
        return status if status is not None and (status.phase not in TROUBLE or status.code) else None

    await until(there)


@each(CONSUMER, "twin.specs")
async def test_a_spec_disturbs_no_other_twin(world, case: Case):
    async with worker(world):
        spec = case.record
        await world.put(spec)
        if spec.partition < 4 and spec.desired.value == "running":
            await settled(world, spec)
        await good_goes_on(world)


@each(CONSUMER, "sim.journal")
async def test_a_journal_record_is_folded_void_or_parks_its_twin_alone(world, case: Case):
    async with worker(world):
        started = [await world.started(name, 1) for name in ("as-it-is", "in-force")]
        for spec, journal in started:
            await journal.frames(2)
            in_force = spec.name == "in-force"
            await journal.write(replace(case.record, epoch=journal.epoch) if in_force else case.record)
        last = [await journal.frames(2) for _, journal in started]
        await good_goes_on(world)
        assert OUTCOMES[case.topic, case.type] == SETTLES
        for (spec, _), offset in zip(started, last, strict=True):
            await until(lambda spec=spec, offset=offset: ended(world, spec, offset))


@each(CONSUMER, "sim.requests")
async def test_a_question_about_no_twin_of_ours_is_answered_so(world, case: Case):
    async with worker(world):
        spec, journal = await world.started("good", 1)
        await world.folded(spec, await journal.frames(1))
        asker = Asker(world)
        refused = await asker.answer(replace(spec, twin=case.record.twin))
        assert (refused.request, refused.code) == ("GetState", "not_found")
        assert (await asker.answer(spec)).twin == spec.twin


async def ended(world: World, spec, last: int) -> bool:
    """Whether a twin has folded its journal to an offset, or says why it doesn't."""
    if any(prediction.offset >= last for prediction in await world.predictions(spec)):
        return True
    status = await world.status(spec)
    return status is not None and (bool(status.phase in TROUBLE and status.code) or status.offset >= last)


@each(CONSUMER, "sim.checkpoints")
async def test_a_checkpoint_disturbs_no_other_twin(world, case: Case):
    taken = case.record
    spec = await world.specify("fed", 1)
    taken.twin = spec.twin
    key = f"{taken.twin}/{taken.incarnation}/{taken.slot}".encode()
    await world.producer.send(world.topics.checkpoints, key=key, value=codec.encode(taken), partition=1)
    async with worker(world):
        await settled(world, spec)
        await good_goes_on(world)
