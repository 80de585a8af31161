"""The real process, killed again and again under a stream of commands: the truth is in PostgreSQL and the topics."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise

import asyncpg

from scene_manager.domain.twin import NEXT
from scene_manager.testing.caller import Caller
from twin_common.bus.kafka import KafkaBus
from twin_common.ids import uuid7
from twin_schemas.record import Record
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.twin_phase_changed import TwinPhaseChanged
from twin_schemas.records.twin_spec import TwinSpec
from twin_schemas.records.update_twin import UpdateTwin

YAML = "name: {name}\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n"
TWINS = 32
KILLS = 6


def commands_of(name: str, number: int) -> list[Record]:
    """A twin's commands; every second one is deleted in the end."""
    create = CreateTwin(YAML.format(name=name), "s")
    update = UpdateTwin(name, '{"tags": ["a"], "sync": {"rate_hz": 60}}', reason="faster")
    life: list[Record] = [create, create, StartTwin(name), update]  # the second creation is refused
    return [*life, StopTwin(name), DeleteTwin(name)] if number % 2 else life


async def test_a_process_killed_under_a_stream_of_commands_loses_and_doubles_nothing(
    kafka, topics, database, processes, register
) -> None:
    caller = Caller(KafkaBus(kafka), topics, reply_to=3)
    chance = random.Random(20261121)
    processes.start("m1")
    await caller.accepted(register)
    lives = {f"t{n}": [(uuid7(), command) for command in commands_of(f"t{n}", n)] for n in range(TWINS)}
    processes.kill("m1")
    for name, life in lives.items():
        repeated = [each for each in life for _ in range(chance.choice((1, 1, 2)))]  # a third comes twice
        await caller.send_all(repeated, key=name)
    total = 1 + sum(map(len, lives.values()))
    connection = await asyncpg.connect(database)
    async with working(caller):
        processes.start("m1")
        killed = 0
        for _ in range(KILLS):
            killed += await handled_more(connection, chance.randint(1, total // KILLS // 2), total)
            await asyncio.sleep(chance.random() * 0.02)
            processes.kill("m1")
            processes.start("m1")
        assert killed >= KILLS // 2, "it is killed while it works"
        await settled(connection, total)
    assert processes.stop("m1") == 0, processes.log("m1")

    assert await connection.fetchval("SELECT count(*) FROM inbox") == total
    answers = await answers_by_command(caller)
    replies = await answers_by_command(caller, "bus.replies")
    assert replies == answers, "the sender is told what everybody is told"
    for number, life in enumerate(lives.values()):
        said = [answers[command_id] for command_id, _ in life]
        assert [Counter(map(type, each)) for each in said] == [
            {ControlRefused if at == 1 else ControlAccepted: 1} for at in range(len(life))
        ], number
        twin = said[0][0].id
        row = await connection.fetchrow("SELECT * FROM twins WHERE id = $1::text::uuid", twin)
        facts = await caller.facts(TwinPhaseChanged, twin)
        phases = [fact.phase for fact in facts]
        assert phases[0] is Phase.CREATED
        assert all(after in NEXT[before] for before, after in pairwise(phases)), phases
        assert phases[-1].value == row["phase"]
        deleted = number % 2 == 1
        assert phases[-1] is (Phase.DELETED if deleted else Phase.RUNNING)
        assert row["revision"] == (5 if deleted else 3)
        made = await connection.fetch("SELECT * FROM revisions WHERE twin = $1 ORDER BY revision", row["id"])
        assert [each["revision"] for each in made] == list(range(1, row["revision"] + 1))
        assert [each["command"] for each in made] == [life[at][0] for at in range(len(life)) if at != 1]
        assert made[2]["reason"] == "faster"
        assert row["name_held"] is not deleted
        spec = await caller.spec(twin)
        if deleted:
            assert spec is None
        else:
            assert spec is not None
            assert (spec.revision, spec.desired) == (3, Desired.RUNNING)
            # Whether the update came before or after the twin ran, the rate waits: it was started before.
            assert (spec.definition, spec.pending_definition) == (
                made[2]["definition"],
                made[2]["pending_definition"],
            )
            assert spec.restart_needed == ["sync.rate_hz"]
        status = await caller.status(twin)
        assert (status is None) == deleted
        assert status is None or (status.phase, status.revision) == (Phase.RUNNING, 3)
        assert (f"{topics}.t{number}" in await caller.topics()) is not deleted
    placed = "SELECT partition, count(*) FROM placements GROUP BY partition ORDER BY partition"
    assert sum(row["count"] for row in await connection.fetch(placed)) == TWINS
    await connection.close()


async def test_the_other_process_goes_on_when_one_is_killed(
    kafka, topics, database, processes, register
) -> None:
    caller = Caller(KafkaBus(kafka), topics)
    for name in ("m1", "m2"):
        processes.start(name)
    await caller.accepted(register)
    for number in range(6):
        if number == 3:
            processes.kill("m1")
        await caller.accepted(CreateTwin(YAML.format(name=f"t{number}"), "s"), key=f"key-{number}")
    assert processes.stop("m2") == 0, processes.log("m2")


async def answers_by_command(
    caller: Caller, topic: str = "control.events"
) -> dict[str, list[ControlAccepted | ControlRefused]]:
    """Every answer by the command that it answers, repeats (of one `ce_id`) left out."""
    found: dict[str, dict[str, ControlAccepted | ControlRefused]] = {}
    for said in await caller.read(topic):
        if isinstance(said.record, ControlAccepted | ControlRefused) and said.envelope is not None:
            assert said.envelope.causation_id is not None
            same = found.setdefault(said.envelope.causation_id, {}).setdefault(said.envelope.id, said.record)
            assert same == said.record, "a repeat says the same"
    return {command: list(by_id.values()) for command, by_id in found.items()}


async def handled_more(connection: asyncpg.Connection, count: int, total: int) -> bool:
    """Return once so many more commands were handled, and whether there are any left."""
    before = await connection.fetchval("SELECT count(*) FROM inbox")
    async with asyncio.timeout(60):
        while (now := await connection.fetchval("SELECT count(*) FROM inbox")) < min(before + count, total):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    return now < total


async def settled(connection: asyncpg.Connection, total: int) -> None:
    """Return once every command is handled, everything is sent, and every twin is where it belongs."""
    waiting = """
        SELECT (SELECT count(*) FROM inbox) < $1
            OR EXISTS (SELECT 1 FROM outbox WHERE sent_at IS NULL)
            OR EXISTS (SELECT 1 FROM twins WHERE phase NOT IN ('running', 'deleted'))"""
    async with asyncio.timeout(90):
        while await connection.fetchval(waiting, total):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def working(caller: Caller) -> AsyncIterator[None]:
    """A worker that does what specs say."""

    async def work() -> None:
        done: set[tuple[str, int]] = set()
        while True:
            for said in await caller.read("twin.specs"):
                spec = said.record
                if isinstance(spec, TwinSpec) and (spec.twin, spec.revision) not in done:
                    done.add((spec.twin, spec.revision))
                    running = spec.desired is Desired.RUNNING
                    await caller.report(spec, SimPhase.RUNNING if running else SimPhase.STOPPED)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
