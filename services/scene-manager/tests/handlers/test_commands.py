"""Commands and their answers, through the runner."""

from __future__ import annotations

import asyncio
import json

import pytest

from scene_manager.domain.identity import seed_of
from scene_manager.testing.caller import Caller
from twin_common.ids import uuid7
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.scene_version import SceneVersion
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.twin_phase_changed import TwinPhaseChanged

TWIN = """\
name: {name}
scene: {{uri: scene.usda}}
engine: {{type: {engine}}}
sync: {{mode: standalone}}
"""

SYNC = """\
sync:
  mode: realtime
  rate_hz: 30
  sources:
    - type: mqtt
      broker: "mqtt://{source}"
      topic: in
      mapping: {{in: /World/a.position}}
  publish:
    - type: kafka
      topic: hanzo.twin.pendulum
    - type: mqtt
      broker: "mqtt://{publish}"
      topic: out
"""


def yaml(name: str = "pendulum", engine: str = "mujoco", extra: str = "") -> str:
    return TWIN.format(name=name, engine=engine) + extra


async def scene(caller: Caller) -> None:
    await caller.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))


async def phases(caller: Caller, twin: str) -> list[Phase]:
    return [fact.phase for fact in await caller.facts(TwinPhaseChanged, twin)]


async def test_a_created_twin_is_placed_stopped_and_has_its_topic(caller: Caller) -> None:
    await scene(caller)
    answer = await caller.accepted(CreateTwin(yaml(), "arm"))
    assert (answer.command, answer.name, answer.version) == ("CreateTwin", "pendulum", 1)
    spec = await eventually(lambda: caller.spec(answer.id))
    assert (spec.org, spec.name, spec.revision, spec.desired) == ("local", "pendulum", 1, Desired.STOPPED)
    assert (spec.pool, spec.partition, spec.seed) == ("default", 0, seed_of(answer.id))
    assert (spec.scene, spec.scene_version, spec.scene_digest, spec.scene_file) == (
        "arm",
        1,
        "ab" * 32,
        "arm.usda",
    )
    assert json.loads(spec.definition)["engine"]["type"] == "mujoco"
    assert "test.twin.pendulum" in await caller.topics()
    assert await phases(caller, answer.id) == [Phase.CREATED]


async def test_twins_are_spread_over_the_partitions(caller: Caller, create) -> None:
    placed = [await eventually(lambda twin=await create(f"t{n}"): caller.spec(twin)) for n in range(13)]
    partitions = [spec.partition for spec in placed]
    assert (sorted(partitions[:12]), partitions[12]) == ([*range(12)], 0)


async def test_a_twin_lives_through_its_phases(caller: Caller, create) -> None:
    twin = await create("pendulum")
    started = await caller.accepted(StartTwin("pendulum"))
    spec = await eventually(lambda: revision(caller, twin, started.version))
    assert spec.desired is Desired.RUNNING
    await caller.report(spec, SimPhase.RUNNING)
    await reached(caller, twin, Phase.RUNNING)
    stopped = await caller.accepted(StopTwin("twin-pendulum"))
    spec = await eventually(lambda: revision(caller, twin, stopped.version))
    assert spec.desired is Desired.STOPPED
    await caller.report(spec, SimPhase.STOPPED)
    await reached(caller, twin, Phase.STOPPED)
    assert await phases(caller, twin) == [
        Phase.CREATED, Phase.STARTING, Phase.RUNNING, Phase.STOPPING, Phase.STOPPED,
    ]  # fmt: skip


async def test_a_failure_is_told_with_its_reason_and_can_be_started_again(caller: Caller, create) -> None:
    twin = await create("pendulum")
    started = await caller.accepted(StartTwin(twin))
    spec = await eventually(lambda: revision(caller, twin, started.version))
    await caller.report(spec, SimPhase.FAILED, "scene_invalid")
    await reached(caller, twin, Phase.FAILED)
    fact = (await caller.facts(TwinPhaseChanged, twin))[-1]
    assert (fact.code, fact.message) == ("scene_invalid", "scene_invalid happened")
    again = await caller.accepted(StartTwin(twin))
    assert again.version == started.version + 1


async def test_a_status_of_an_older_revision_changes_nothing(caller: Caller, create) -> None:
    twin = await create("pendulum")
    old = await eventually(lambda: caller.spec(twin))
    started = await caller.accepted(StartTwin(twin))
    spec = await eventually(lambda: revision(caller, twin, started.version))
    await caller.report(old, SimPhase.FAILED, "old")
    await caller.report(spec, SimPhase.RUNNING)
    await reached(caller, twin, Phase.RUNNING)
    assert Phase.FAILED not in await phases(caller, twin)


async def test_commands_that_change_nothing_are_accepted_without_a_new_revision(
    caller: Caller, create
) -> None:
    twin = await create("pendulum")
    assert (await caller.accepted(StopTwin(twin))).version == 1
    assert (await caller.accepted(StartTwin(twin))).version == 2
    assert (await caller.accepted(StartTwin(twin))).version == 2
    assert await phases(caller, twin) == [Phase.CREATED, Phase.STARTING]


async def test_a_twin_that_is_stopping_cannot_be_started(caller: Caller, create) -> None:
    twin = await create("pendulum")
    await caller.accepted(StartTwin(twin))
    await caller.accepted(StopTwin(twin))
    refused = await caller.refused(StartTwin(twin))
    assert refused.code == "phase_conflict"
    assert "once it is stopped" in refused.message


async def test_a_deleted_twin_leaves_nothing_and_its_name_can_be_used_again(caller: Caller, create) -> None:
    twin = await create("pendulum")
    await caller.accepted(StartTwin(twin))
    await caller.accepted(DeleteTwin(twin))
    await eventually(lambda: gone(caller, twin))
    assert await phases(caller, twin) == [Phase.CREATED, Phase.STARTING, Phase.DELETED]
    assert (await caller.refused(StartTwin(twin))).code == "twin_not_found"
    assert (await caller.refused(DeleteTwin("pendulum"))).code == "twin_not_found"

    async def create_again() -> object:
        answer = await caller.ask(CreateTwin(yaml(), "arm"))
        return None if isinstance(answer, ControlRefused) else answer

    again = await eventually(create_again)
    assert isinstance(again, ControlAccepted)
    assert again.id != twin
    await eventually(lambda: has_topic(caller, "test.twin.pendulum"))


async def test_a_name_is_refused_while_another_twin_has_it(caller: Caller, create) -> None:
    await create("pendulum")
    refused = await caller.refused(CreateTwin(yaml(), "arm"))
    assert (refused.code, refused.field) == ("name_unavailable", "name")


async def test_the_same_file_again_is_the_same_version(caller: Caller) -> None:
    first = await caller.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))
    second = await caller.accepted(RegisterSceneVersion("arm", "cd" * 32, "arm.usda", 11, note="heavier"))
    again = await caller.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))
    assert [answer.version for answer in (first, second, again)] == [1, 2, 1]
    assert first.id == second.id == again.id

    async def both() -> object:
        versions = [said.record for said in await caller.read("scene.versions")]
        return versions if len(versions) == 2 else None

    versions = await eventually(both)
    assert all(isinstance(version, SceneVersion) for version in versions)
    assert sorted((version.version, version.note) for version in versions) == [(1, ""), (2, "heavier")]


@pytest.mark.parametrize(
    ("text", "code", "field", "line"),
    [
        (yaml(engine="bullet9"), "unknown_engine", "engine.type", 3),
        (yaml(engine="gazebo"), "unknown_engine", "engine.type", None),
        (yaml(name="Pendulum"), "invalid_definition", "name", 1),
        (yaml(extra="colour: red\n"), "invalid_definition", "colour", 5),
        ("name: [", "invalid_definition", None, 1),
        ("", "invalid_definition", None, 1),
        (yaml(extra='"\\ud800": 1\n'), "invalid_definition", None, None),
        (yaml(extra='metadata: {a: "\\ud800"}\n'), "invalid_definition", None, None),
        (
            yaml(extra=f"metadata: {{a: &x {'x' * 1000}, b: [{'*x,' * 600}]}}\n"),
            "definition_too_large",
            None,
            None,
        ),
        (yaml(extra="organization: theirs\n"), "wrong_organization", "organization", None),
        (yaml(name="0199aaaa-0000-7000-8000-000000000001"), "invalid_name", "name", None),
    ],
)
async def test_a_bad_definition_is_refused_with_place_and_reason(
    caller: Caller, text: str, code: str, field: str | None, line: int | None
) -> None:
    await scene(caller)
    refused = await caller.refused(CreateTwin(text, "arm"))
    assert refused.code == code
    assert code != "unknown_engine" or "available: mujoco" in refused.message
    assert "pybullet" not in refused.message  # which isn't to be had here
    assert field is None or refused.field == field
    assert line is None or refused.line == line


def synchronised(source: str, publish: str) -> str:
    return yaml().replace("sync: {mode: standalone}\n", "") + SYNC.format(source=source, publish=publish)


@pytest.mark.parametrize(
    ("source", "publish", "field", "line", "host"),
    [
        ("plant.example:1883", "127.0.0.1:1883", "sync.sources[0].broker", 9, "plant.example"),
        ("10.0.0.1", "127.0.0.1", "sync.sources[0].broker", 9, "10.0.0.1"),
        ("[::1]:1883", "[2001:db8::1]:1883", "sync.publish[1].broker", 16, "2001:db8::1"),
        ("localhost", "localhost.example", "sync.publish[1].broker", 16, "localhost.example"),
    ],
)
async def test_a_broker_on_another_machine_is_refused_with_its_place(
    caller: Caller, source: str, publish: str, field: str, line: int, host: str
) -> None:
    await scene(caller)
    refused = await caller.refused(CreateTwin(synchronised(source, publish), "arm"))
    assert (refused.code, refused.field, refused.line) == ("broker_not_loopback", field, line)
    assert repr(host) in refused.message
    assert "name a broker on 127.0.0.1" in refused.message
    await caller.accepted(CreateTwin(yaml(), "arm"))


async def test_brokers_on_this_machine_are_accepted(caller: Caller) -> None:
    await scene(caller)
    await caller.accepted(CreateTwin(synchronised("LOCALHOST:1883", "[::1]:1883"), "arm"))


async def test_a_missing_scene_is_refused(caller: Caller) -> None:
    assert (await caller.refused(CreateTwin(yaml(), "arm"))).code == "scene_not_found"
    await scene(caller)
    assert (await caller.refused(CreateTwin(yaml(), "arm", scene_version=2))).code == "scene_not_found"


@pytest.mark.parametrize(
    "ref", ["nobody", "", "a\0b", "ä", "twin-nobody", "0199aaaa-0000-7000-8000-00000000000f"]
)
async def test_an_unknown_twin_is_not_found(caller: Caller, ref: str) -> None:
    assert (await caller.refused(StartTwin(ref), key="a\0b")).code == "twin_not_found"


async def test_another_organisation_is_not_served_and_learns_nothing(bus, caller: Caller, create) -> None:
    twin = await create("pendulum")
    stranger = Caller(bus, "test.twin", org="theirs")
    assert (await stranger.refused(StopTwin(twin))).code == "forbidden"


async def test_a_repeated_command_has_one_effect_and_one_answer(caller: Caller, create) -> None:
    twin = await create("pendulum")
    command_id = uuid7()
    first = await caller.accepted(StartTwin(twin), command_id=command_id)
    await caller.accepted(StopTwin(twin))
    assert await caller.accepted(StartTwin(twin), command_id=command_id) == first
    await caller.accepted(StopTwin(twin))
    assert await caller.answers(command_id) == [first]
    assert await phases(caller, twin) == [Phase.CREATED, Phase.STARTING, Phase.STOPPING]


async def test_a_repeated_refusal_stays_refused_when_it_would_be_possible(caller: Caller) -> None:
    command_id = uuid7()
    assert (await caller.refused(CreateTwin(yaml(), "arm"), command_id=command_id)).code == "scene_not_found"
    await scene(caller)
    assert (await caller.refused(CreateTwin(yaml(), "arm"), command_id=command_id)).code == "scene_not_found"
    assert isinstance(await caller.ask(CreateTwin(yaml(), "arm")), ControlAccepted)


async def test_answers_and_facts_name_the_command_that_led_to_them(caller: Caller) -> None:
    await scene(caller)
    command_id = uuid7()
    twin = (await caller.accepted(CreateTwin(yaml(), "arm"), command_id=command_id)).id
    await eventually(lambda: caller.spec(twin))
    caused = [said.envelope for said in await caller.read("control.events") if said.key == twin]
    assert len(caused) == 2
    for envelope in caused:
        assert (envelope.causation_id, envelope.correlation_id) == (command_id, command_id)
        assert (envelope.org, envelope.actor, envelope.source) == ("local", "tester", "scene-manager")


async def eventually(look):
    """What `look` gives once it gives something."""
    async with asyncio.timeout(30):
        while not (found := await look()):  # noqa: ASYNC110 - the bus is polled
            await asyncio.sleep(0.02)
    return found


async def revision(caller: Caller, twin: str, number: int):
    spec = await caller.spec(twin)
    return spec if spec is not None and spec.revision >= number else None


async def reached(caller: Caller, twin: str, phase: Phase) -> None:
    async def look() -> bool:
        return phase in await phases(caller, twin)

    await eventually(look)


async def gone(caller: Caller, twin: str) -> bool:
    return await caller.spec(twin) is None and not await has_topic(caller, "test.twin.pendulum")


async def has_topic(caller: Caller, name: str) -> bool:
    return name in await caller.topics()
