from __future__ import annotations

import contextlib

import pytest

from hanzo_twin.bus import open_twins
from hanzo_twin.bus.commands import SimCommands
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import NoAnswer
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.identity import FixedToken
from twin_common.settings import Settings
from twin_schemas.codec import decode
from twin_schemas.record import Record
from twin_schemas.records import (
    ApplyParameters,
    JointMode,
    ResetState,
    SetJointCommand,
    SetRate,
    StartTwin,
    TwinSpec,
)


def written(bus: MemoryBus, spec: TwinSpec) -> list[Record]:
    records = bus.records("hanzo.twin.sim.commands", spec.partition)
    assert all(record.key == spec.twin.encode() for record in records)
    return [decode(record.value or b"") for record in records]


async def test_commands_go_to_the_partition_that_the_placement_names(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    async with await bus.producer() as producer:
        commands = SimCommands(topics, producer, "test")
        await commands.set_joint_command(spec, {"/World/hinge": (JointMode.EFFORT, 0.5)}, effect_time_ns=9)
        await commands.apply_parameters(spec, {"/World/bob.mass": 0.7})
        await commands.reset_state(spec, {"/World/hinge.position": [0.1]})
        await commands.set_rate(spec, 15, reason="overload")
    joint, parameters, reset, rate = written(bus, spec)
    assert isinstance(joint, SetJointCommand)
    assert (joint.targets[0].joint, joint.targets[0].value, joint.effect_time_ns) == ("/World/hinge", 0.5, 9)
    assert isinstance(parameters, ApplyParameters)
    assert parameters.overrides == {"/World/bob.mass": 0.7}
    assert isinstance(reset, ResetState)
    assert (reset.to_initial, reset.values) == (True, {"/World/hinge.position": [0.1]})
    assert isinstance(rate, SetRate)
    assert (rate.rate_num, rate.rate_den) == (15, 1)


async def test_each_command_has_an_id_of_its_own_and_a_repeat_keeps_it(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    async with await bus.producer() as producer:
        commands = SimCommands(topics, producer, "test")
        first = await commands.reset_state(spec)
        second = await commands.reset_state(spec)
        again = await commands.reset_state(spec, command_id=first)
    assert first != second
    assert again == first
    assert [record.command_id for record in written(bus, spec)] == [first, second, first]  # type: ignore[attr-defined]


async def test_a_joint_command_without_targets_is_refused_before_it_is_sent(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    async with await bus.producer() as producer:
        with pytest.raises(ValueError, match="at least one target"):
            await SimCommands(topics, producer, "test").set_joint_command(spec, {})
    assert written(bus, spec) == []


async def test_a_command_carries_an_envelope_that_its_outcome_is_correlated_with(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    async with await bus.producer() as producer:
        command = await SimCommands(topics, producer, "test").set_rate(spec, 15, reason="overload")
    (record,) = bus.records("hanzo.twin.sim.commands", spec.partition)
    envelope = Envelope.parse(record.headers)
    assert (envelope.type, envelope.org, envelope.subject) == ("SetRate", "local", spec.twin)
    assert envelope.correlation_id == command


async def test_a_command_carries_the_token_at_hand(bus: MemoryBus, topics: Topics, spec: TwinSpec) -> None:
    async with await bus.producer() as producer:
        await SimCommands(topics, producer, "test", FixedToken("a.b.c")).reset_state(spec)
        await SimCommands(topics, producer, "test").reset_state(spec)
    records = bus.records("hanzo.twin.sim.commands", spec.partition)
    assert [Envelope.parse(record.headers).token for record in records] == ["a.b.c", None]


async def test_the_client_proves_who_asks_with_the_given_token(bus: MemoryBus, spec: TwinSpec) -> None:
    async with await open_twins(Settings(), bus, token="a.b.c") as twins:
        await twins.commands.reset_state(spec)
        with contextlib.suppress(NoAnswer):
            await twins._control.ask(StartTwin(spec.twin), spec.twin, timeout=0.01)
    sent = [*bus.records("hanzo.twin.sim.commands", spec.partition)]
    sent += [record for number in range(6) for record in bus.records("hanzo.twin.control.commands", number)]
    assert [Envelope.parse(record.headers).token for record in sent] == ["a.b.c", "a.b.c"]
