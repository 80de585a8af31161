"""Commands from outside: sequenced once, acknowledged before they are committed, refused by name."""

import asyncio
import uuid
from contextlib import asynccontextmanager

import pytest

from sync_engine.errors import JournalLost
from twin_schemas import codec
from twin_schemas.records import (
    ApplyParameters,
    CommandRefused,
    Epoch,
    GridSegment,
    JointCommand,
    JointMode,
    JointTarget,
    ParametersApplied,
    SetJointCommand,
    SetRate,
    SourcesAcquired,
    TwinGenesis,
)

TWIN = str(uuid.UUID(int=7))
OTHER = str(uuid.UUID(int=8))


@pytest.fixture
async def running(any_world, until):
    async with any_world.engine():
        spec = await any_world.specify(any_world.definition(), twin=TWIN)
        await any_world.incarnate(spec)
        await until(lambda: any_world.frames(TWIN))
        yield any_world


def push(command_id: str, twin: str = TWIN, value: float = 1.0) -> SetJointCommand:
    return SetJointCommand(twin, command_id, [JointTarget("/World/Pendulum/hinge", JointMode.EFFORT, value)])


def of(kind, records):
    return [record for record in records if isinstance(record, kind)]


async def test_a_command_enters_the_journal_once_and_frames_say_how_far_they_are(running, until):
    for command_id in ("a", "b", "a"):
        await running.command(push(command_id))
    await running.command(SetRate(TWIN, "rate", 50, 1, "test"))

    async def done():
        frames = await running.frames(TWIN)
        return of(GridSegment, await running.effective(TWIN)) and frames[-1].commands_offset >= 4

    await until(done)
    records = await running.effective(TWIN)
    assert [(c.command_id, c.commands_offset) for c in of(JointCommand, records)] == [("a", 1), ("b", 2)]
    (segment,) = of(GridSegment, records)
    assert (segment.grid.rate_num, segment.reason) == (50, "rate")


async def test_the_record_of_a_command_carries_its_trace_context_and_frames_carry_none(
    world, memory_bus, until
):
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    async with world.engine():
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        await world.command(push("a"), traceparent=trace)

        async def sequenced():
            return of(JointCommand, await world.effective(TWIN))

        await until(sequenced)
    traces = [
        (record.header("traceparent"), isinstance(codec.decode(record.value), JointCommand))
        for record in memory_bus.records(f"{world.prefix}.sim.journal")
    ]
    assert [traced for traced in traces if any(traced)] == [(trace.encode(), True)]


@asynccontextmanager
async def deposed(world, memory_bus, engine, until):
    """A writer that is cut off, and doesn't know until the end of the block that it is replaced."""
    spec = await world.specify(world.definition(), twin=TWIN)
    await world.incarnate(spec)
    await until(lambda: world.frames(TWIN))
    session = engine.partitions.twin(0, TWIN).session
    follower = engine.partitions._journals
    heard, read_back = asyncio.Event(), follower._on_record

    async def late(record) -> None:
        await heard.wait()
        await read_back(record)

    follower._on_record = late
    successor = SourcesAcquired(Epoch(session.epoch.counter + 1, "successor"), session.tick, 0, 0)
    async with await memory_bus.producer() as producer:
        await producer.send(
            f"{world.prefix}.sim.journal", key=TWIN.encode(), value=codec.encode(successor), partition=0
        )
    yield session
    heard.set()


async def written(world, command_id: str):
    """Records of a command, in force or not."""
    records = [r for _, r in await world.journal(TWIN)]
    return [r for r in records if getattr(r, "command_id", None) == command_id]


async def test_a_rate_is_only_said_to_be_applied_where_its_segment_counts(world, memory_bus, until):
    """A writer that is cut off and doesn't know that it is replaced writes a segment that is void."""
    async with world.engine() as engine:
        async with deposed(world, memory_bus, engine, until) as session:
            await world.command(SetRate(TWIN, "rate", 50, 1, "test"))
            await until(lambda: written(world, "rate"))

        async def answered():
            return [said for _, said in await world.told("control.events") if said.command_id == "rate"]

        await until(answered)
        (segment,) = [s for s in of(GridSegment, await world.effective(TWIN)) if s.command_id == "rate"]
        (said,) = await answered()
    assert said.tick == segment.grid.tick
    assert segment.epoch.counter == session.epoch.counter + 2


async def test_commands_that_a_replaced_writer_wrote_in_vain_are_written_again(world, memory_bus, until):
    """In their order, by whoever has the journal next, which may be the same process."""
    async with world.engine() as engine:
        async with deposed(world, memory_bus, engine, until) as session:
            for command_id in ("a", "b"):
                await world.command(push(command_id))
            await until(lambda: written(world, "b"))

        async def in_force():
            return [c for c in of(JointCommand, await world.effective(TWIN)) if c.command_id == "b"]

        await until(in_force)
        commands = of(JointCommand, await world.effective(TWIN))
    assert [(c.command_id, c.epoch.counter) for c in commands] == [
        (each, session.epoch.counter + 2) for each in ("a", "b")
    ]


async def test_a_command_waits_for_those_before_it_that_have_to_be_written_again(world, memory_bus, until):
    """Otherwise frames would say that it is done up to there, and nobody would take the earlier one."""
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        partition = engine.partitions.partition(0)
        partition.unconfirmed[0] = partition.losses - 1
        await world.command(push("a"))
        await asyncio.sleep(0.3)
        assert await written(world, "a") == []
        partition.unconfirmed.clear()
        await until(lambda: written(world, "a"))


async def test_what_was_written_before_a_partition_was_dropped_counts_for_nothing(world, memory_bus, until):
    """It is taken over again behind whatever a successor has written, which is never read back then."""
    async with world.engine() as engine:
        async with deposed(world, memory_bus, engine, until) as session:
            await world.command(push("a"))
            await until(lambda: written(world, "a"))
            partition = engine.partitions.partition(0)
            engine.partitions._drop(partition)
            partition.changed.set()
            partition.lost.set()

        async def in_force():
            return [c for c in of(JointCommand, await world.effective(TWIN)) if c.command_id == "a"]

        await until(in_force)
        (command,) = await in_force()
    assert command.epoch.counter == session.epoch.counter + 2


async def test_a_refusal_is_said_once_though_the_journal_is_not_acknowledged(world, until, monkeypatch):
    """Handled again, it might be carried out after all."""
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))

        async def unacknowledged(partition: int) -> None:
            raise JournalLost("as in an outage")

        monkeypatch.setattr(engine.partitions._journal, "settled", unacknowledged)
        await world.command(SetRate(TWIN, "bad", 0, 1, "test"))

        async def refused():
            return [said for _, said in await world.told("control.events") if said.command_id == "bad"]

        await until(refused)
        await asyncio.sleep(0.5)
        assert len(await refused()) == 1


async def test_an_incarnation_that_a_replaced_writer_wrote_in_vain_is_written_again(world, memory_bus, until):
    async with world.engine() as engine:
        async with deposed(world, memory_bus, engine, until) as session:
            spec = session.spec
            before = len(of(TwinGenesis, [r for _, r in await world.journal(TWIN)]))
            await world.incarnate(spec, "request-2")

            async def begun():
                return len(of(TwinGenesis, [r for _, r in await world.journal(TWIN)])) > before

            await until(begun)

        async def in_force():
            return [g for g in of(TwinGenesis, await world.effective(TWIN)) if g.incarnation > 1]

        await until(in_force)


async def test_parameter_versions_go_on_across_a_change_of_writers(world, until):
    for writer in ("one", "two"):
        async with world.engine(writer_id=writer):
            if writer == "one":
                spec = await world.specify(world.definition(), twin=TWIN)
                await world.incarnate(spec)
                await until(lambda: world.frames(TWIN))
            await world.command(ApplyParameters(TWIN, writer, "", {"/World.mass": 2.0}))

            async def there(writer=writer):
                return [
                    r for r in of(ParametersApplied, await world.effective(TWIN)) if r.command_id == writer
                ]

            await until(there)
            await world.command(ApplyParameters(TWIN, "one", "", {"/World.mass": 9.0}))  # a repeat
    versions = [(r.command_id, r.version) for r in of(ParametersApplied, await world.effective(TWIN))]
    assert versions == [("one", 1), ("two", 2)]


@pytest.mark.parametrize(
    ("command", "org", "code"),
    [
        (push("a", OTHER), "local", "unknown_twin"),
        (push("a"), "someone-else", "unknown_twin"),
        (push("a", value=float("nan")), "local", "not_finite"),
        (SetJointCommand(TWIN, "a", []), "local", "no_targets"),
        (SetRate(TWIN, "a", 0, 1, "x"), "local", "bad_rate"),
        (SetRate(TWIN, "a", 5, 1, "x" * 524_288), "local", "command_too_large"),
    ],
)
async def test_what_cannot_be_taken_is_refused_by_an_event(world, until, command, org, code):
    async with world.engine():
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        await world.command(command, org=org)

        async def refused():
            return of(CommandRefused, [record for _, _, record in await world.read("control.events")])

        (event,) = await until(refused)
    assert (event.command_id, event.code, event.twin) == ("a", code, command.twin)


async def test_a_twin_that_is_not_running_refuses(world, until):
    async with world.engine():
        await world.specify(world.definition(), twin=TWIN)
        await until(lambda: world.status(TWIN))
        await world.command(push("a"))

        async def refused():
            return of(CommandRefused, [record for _, _, record in await world.read("control.events")])

        async def counted():
            status = await world.status(TWIN)
            return status.counts.get("commands_refused") and status

        (event,) = await until(refused)
        status = await until(counted)
    assert event.code == "not_running"
    assert status.counts["commands_refused"] == 1
    assert "start it first" in status.errors["command.not_running"]


async def test_bytes_that_are_no_record_become_a_dead_letter_and_stop_nobody(world, until):
    async with world.engine():
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.producer.send(f"{world.prefix}.sim.commands", key=b"x", value=b"garbage", partition=0)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
    ((_, _, letter),) = await world.read("dead.letter")
    assert letter.code == "corrupt_record"


@pytest.mark.parametrize(
    "command",
    [
        push("x" * 201),
        push("a", "x" * 201),
    ],
)
async def test_what_is_too_large_to_be_answered_becomes_a_dead_letter_and_the_next_is_taken(
    running, until, command
):
    await running.command(command)
    await running.command(push("next"))

    async def taken():
        return of(JointCommand, await running.effective(TWIN))

    assert [record.command_id for record in await until(taken)] == ["next"]
    ((_, _, letter),) = await running.read("dead.letter")
    assert letter.code == "too_large"


async def test_a_refusal_quotes_only_the_beginning_of_what_it_refuses(running, until):
    await running.command(SetJointCommand(TWIN, "a", [JointTarget("\1" * 400_000, JointMode.EFFORT, 0.0)]))
    await running.command(SetJointCommand(TWIN, "b", []))

    async def refused():
        return of(CommandRefused, [record for _, _, record in await running.read("control.events")])

    assert all(len(event.message) <= 1000 for event in await until(refused))
