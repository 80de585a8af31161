"""Answers on the partition that the asker reads, and requests that are made again."""

from __future__ import annotations

import pytest

from scene_manager.testing.caller import Caller, Said
from scene_manager.testing.waiting import eventually
from twin_common.bus.memory import MemoryBus
from twin_common.ids import uuid7
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin

YAML = "name: p\nscene: {uri: s.usda}\nengine: {type: mujoco}\nsync: {mode: standalone}\n"


@pytest.fixture
def first(bus: MemoryBus, caller: Caller) -> Caller:
    """Somebody who reads partition 3."""
    return Caller(bus, "test.twin", reply_to=3)


@pytest.fixture
def second(bus: MemoryBus, caller: Caller) -> Caller:
    """The same person at another process, which reads partition 5."""
    return Caller(bus, "test.twin", reply_to=5)


async def told(caller: Caller, command_id: str, count: int = 1) -> list[Said]:
    """What the caller's partition says to a command, once it says so much."""

    async def look() -> list[Said] | None:
        replies = await caller.replies(command_id)
        return replies if len(replies) >= count else None

    return await eventually(look)


async def test_an_answer_is_a_fact_and_comes_to_the_partition_of_whoever_asked(
    caller: Caller, create, first: Caller, second: Caller
) -> None:
    await create("pendulum")
    command_id = await first.send(StartTwin("pendulum"), request="request-1")
    (reply,) = await told(first, command_id)
    assert isinstance(reply.record, ControlAccepted)
    assert reply.envelope is not None
    assert (reply.key, reply.envelope.correlation_id) == ("request-1", "request-1")
    assert reply.envelope.causation_id == command_id
    assert await caller.answers(command_id) == [reply.record]
    facts = [said.envelope for said in await caller.read("control.events") if said.record == reply.record]
    assert facts == [reply.envelope], "it is the same record"
    assert await second.replies(command_id) == []


async def test_a_refusal_comes_to_the_partition_of_whoever_asked(first: Caller) -> None:
    (reply,) = await told(first, await first.send(StartTwin("nobody")))
    assert isinstance(reply.record, ControlRefused)
    assert reply.record.code == "twin_not_found"


async def test_without_a_partition_nobody_but_everybody_is_told(caller: Caller, create) -> None:
    await create("pendulum")
    await caller.accepted(StartTwin("pendulum"))
    assert await caller.read("bus.replies") == []


async def test_a_repeated_request_is_answered_where_it_is_made_now(
    caller: Caller, create, first: Caller, second: Caller
) -> None:
    await create("pendulum")
    command_id = uuid7()
    await first.send(StartTwin("pendulum"), command_id=command_id, digest="d1", request="request-1")
    (before,) = await told(first, command_id)
    await caller.accepted(StopTwin("pendulum"))
    await second.send(StartTwin("pendulum"), command_id=command_id, digest="d1", request="request-2")
    (again,) = await told(second, command_id)
    assert (again.record, again.envelope) == (before.record, before.envelope)
    assert again.key == "request-2"
    assert len(await first.replies(command_id)) == 1
    assert len(await caller.answers(command_id)) == 1


async def test_an_answer_that_nobody_waited_for_is_told_to_who_asks_again(
    caller: Caller, create, second: Caller
) -> None:
    await create("pendulum")
    command_id = uuid7()
    accepted = await caller.accepted(StartTwin("pendulum"), command_id=command_id)
    await second.send(StartTwin("pendulum"), command_id=command_id)
    (reply,) = await told(second, command_id)
    assert reply.record == accepted


async def test_another_request_under_the_same_id_is_a_conflict_that_only_its_sender_hears_of(
    caller: Caller, create, first: Caller, second: Caller
) -> None:
    twin = await create("pendulum")
    command_id = uuid7()
    await first.send(StartTwin("pendulum"), command_id=command_id, digest="d1", request="request-1")
    await told(first, command_id)
    await second.send(StopTwin("pendulum"), command_id=command_id, digest="d2", request="request-2")
    (conflict,) = await told(second, command_id)
    assert isinstance(conflict.record, ControlRefused)
    assert (conflict.record.code, conflict.record.command) == ("idempotency_conflict", "StopTwin")
    assert conflict.envelope is not None
    assert conflict.envelope.correlation_id == "request-2"
    assert len(await first.replies(command_id)) == 1
    assert len(await caller.answers(command_id)) == 1
    status = await eventually(lambda: caller.status(twin))
    assert status.revision == 2
    await first.send(StartTwin("pendulum"), command_id=command_id, digest="d1", request="request-3")
    assert len({said.record == conflict.record for said in await told(first, command_id, 2)}) == 1


async def test_a_conflict_is_told_on_the_events_when_its_sender_reads_no_partition(
    caller: Caller, create
) -> None:
    await create("pendulum")
    command_id = uuid7()
    await caller.ask(StartTwin("pendulum"), command_id=command_id, digest="d1")
    await caller.send(StopTwin("pendulum"), command_id=command_id, digest="d2")

    async def look() -> bool:
        return len(await caller.answers(command_id)) == 2

    await eventually(look)
    codes = [a.code for a in await caller.answers(command_id) if isinstance(a, ControlRefused)]
    assert codes == ["idempotency_conflict"]


async def test_a_request_without_a_digest_is_a_repeat_whatever_it_says(caller: Caller, create) -> None:
    await create("pendulum")
    command_id = uuid7()
    first = await caller.ask(StartTwin("pendulum"), command_id=command_id, digest="d1")
    assert await caller.ask(StartTwin("pendulum"), command_id=command_id) == first


async def test_the_same_creation_asked_for_at_two_processes_makes_one_twin(
    caller: Caller, create, first: Caller, second: Caller
) -> None:
    await create("pendulum")
    command_id = uuid7()
    for each in (first, second, first):
        await each.send(CreateTwin(YAML, "arm"), command_id=command_id, digest="d")
    answers = [said.record for said in [*await told(first, command_id, 2), *await told(second, command_id)]]
    assert all(isinstance(answer, ControlAccepted) for answer in answers)
    assert all(answer == answers[0] for answer in answers)


async def test_a_partition_that_there_is_not_holds_nothing_up(caller: Caller, create, bus: MemoryBus) -> None:
    twin = await create("pendulum")
    lost = Caller(bus, "test.twin", reply_to=999)
    await lost.accepted(StartTwin("pendulum"))
    await caller.accepted(StopTwin("pendulum"))

    async def look() -> bool:
        spec = await caller.spec(twin)
        return spec is not None and spec.revision == 3

    await eventually(look)
