"""A command that is sent twice, or handled twice, is taken once and answered each time that nobody else answers it."""

import uuid

import pytest

from sync_engine.adapters import tails
from sync_engine.adapters.public import KafkaPublic
from twin_schemas import codec
from twin_schemas.records import (
    ApplyParameters,
    CheckpointTaken,
    CommandApplied,
    CommandRefused,
    FoldSnapshot,
    Grid,
    GridSegment,
    ParametersApplied,
    SetRate,
    TwinGenesis,
)

TWIN = str(uuid.UUID(int=7))
RATE = SetRate(TWIN, "rate", 20, 1, "test")


def of(kind, records):
    return [record for record in records if isinstance(record, kind)]


async def events(world, kind):
    return of(kind, [record for _, _, record in await world.read("control.events")])


async def started(world, until):
    spec = await world.specify(world.definition(), twin=TWIN)
    await world.incarnate(spec)
    await until(lambda: world.frames(TWIN))
    return spec


async def checkpointed(world, spec, grid=None) -> None:
    """A worker's checkpoint at the end of the journal, where this grid is in force."""
    journal = await world.journal(TWIN)
    genesis_offset, genesis = next(each for each in journal if isinstance(each[1], TwinGenesis))
    offset, frame = journal[-1][0], (await world.frames(TWIN))[-1]
    snapshot = FoldSnapshot(
        genesis_offset=genesis_offset,
        genesis=genesis,
        offset=offset,
        epoch=frame.epoch,
        grid=grid or genesis.grid,
        tick=frame.tick,
        time_ns=genesis.grid.time_ns,
        engine=b"",
        parameter_version=1,
        overrides={},
        held_inputs=[],
        input_window=[],
        future_readings=[],
        pending=[],
        commands_offset=frame.commands_offset if grid is None else 1,
        last_readings=[],
        ring=[],
        stopped=False,
        chain=bytes(16),
    )
    taken = CheckpointTaken(spec.org, TWIN, 1, 0, offset, frame.tick, "d" * 64, snapshot=snapshot)
    await world.producer.send(
        f"{world.prefix}.sim.checkpoints",
        key=f"{TWIN}/1/0".encode(),
        value=codec.encode(taken),
        partition=spec.partition,
    )


async def test_a_rate_whose_answer_was_lost_is_answered_when_it_is_handled_again(world, until, monkeypatch):
    answer, lost = KafkaPublic.answer, []

    async def losing(self, event, headers):
        if not lost:
            lost.append(event)
            return "the process died"
        return await answer(self, event, headers)

    monkeypatch.setattr(KafkaPublic, "answer", losing)
    async with world.engine():
        await started(world, until)
        await world.command(RATE)
        (applied,) = await until(lambda: events(world, CommandApplied))
        (segment,) = of(GridSegment, await world.effective(TWIN))
    assert [applied] == lost
    assert (applied.command_id, applied.tick, segment.command_id) == ("rate", segment.grid.tick, "rate")


async def test_a_rate_that_is_repeated_is_answered_at_once_with_the_segment_that_it_became(world, until):
    async with world.engine():
        await started(world, until)
        for command in (RATE, SetRate(TWIN, "later", 40, 1, "test"), RATE):
            await world.command(command)

        async def three():
            found = await events(world, CommandApplied)
            return found if len(found) == 3 else None

        first, later, again = await until(three)
        assert [s.command_id for s in of(GridSegment, await world.effective(TWIN))] == ["rate", "later"]
    assert first == again != later


async def test_the_next_writer_answers_with_that_segment_too_however_far_back_it_is(
    world, until, monkeypatch
):
    answer, lost = KafkaPublic.answer, []

    async def losing(self, event, headers):
        lost.append(event)
        return "the process is about to die"

    monkeypatch.setattr(KafkaPublic, "answer", losing)
    monkeypatch.setattr(tails, "_RECALL_MS", -60_000)  # as if all of this had been long ago
    async with world.engine(writer_id="one"):
        spec = await started(world, until)
        await world.command(RATE)

        async def answered():
            return lost

        (first, *_) = await until(answered)
    (segment,) = of(GridSegment, await world.effective(TWIN))
    last = (await world.frames(TWIN))[-1]
    moved = Grid(last.tick + 1, segment.grid.time_ns + 10**9, 20, 1)  # locked to the sensor again
    await checkpointed(world, spec, moved)
    monkeypatch.setattr(KafkaPublic, "answer", answer)
    async with world.engine(writer_id="two"):
        (again,) = await until(lambda: events(world, CommandApplied))
        assert [s.command_id for s in of(GridSegment, await world.effective(TWIN)) if s.command_id] == [
            "rate"
        ]
    assert again == first
    assert again.tick == segment.grid.tick


@pytest.mark.parametrize("mass", [2.0, 9.0])
async def test_what_a_checkpoint_covers_is_not_taken_again_by_the_next_writer(world, until, mass):
    async with world.engine(writer_id="one"):
        spec = await started(world, until)
        await world.command(ApplyParameters(TWIN, "calibrate", "", {"/World.mass": 2.0}))

        async def covered():
            frames = await world.frames(TWIN)
            return of(ParametersApplied, await world.effective(TWIN)) and frames[-1].commands_offset >= 1

        await until(covered)
    await checkpointed(world, spec)
    async with world.engine(writer_id="two"):
        await world.command(ApplyParameters(TWIN, "calibrate", "", {"/World.mass": mass}), digest="a" * 64)
        await world.command(ApplyParameters(TWIN, "next", "", {"/World.mass": 3.0}))

        async def handled():
            return [r for r in of(ParametersApplied, await world.effective(TWIN)) if r.command_id == "next"]

        await until(handled)
        versions = of(ParametersApplied, await world.effective(TWIN))
        refused = await events(world, CommandRefused)
    assert [(r.command_id, r.version) for r in versions] == [("calibrate", 1), ("next", 2)]
    assert [r.code for r in refused] == ([] if mass == 2.0 else ["idempotency_conflict"])
