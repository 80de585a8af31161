"""Bad input has its typed error, quality flag or parking, is counted and shown, and disturbs no other twin."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from bad_input_cases import COMMANDS, PAYLOADS, POISON, RECORDS, UNKNOWN
from bad_input_life import commands_refused, life_of, sum_refused
from bad_input_stage import GOOD, INTRUDER, Stage, free_port, mosquitto, staged
from bad_input_twins import HINGE, SENSES, WRONG, definition, limited

from hanzo_twin.errors import ControlCommandRefused
from twin_schemas.codec import encode
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    ControlRefused,
    CreateTwin,
    JointMode,
    Quality,
    ResetState,
    StartTwin,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("bad-input")) as made:
        yield made


def is_parked(status: dict[str, Any]) -> bool:
    """Whether a status says so."""
    return any(condition.startswith("parked") for condition in status["conditions"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener(stage: Stage) -> str:
    """A twin that listens to whatever is said."""
    await stage.started("listener", definition("listener", SENSES))
    return "listener"


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_definition_ends_the_command_with_path_and_line(stage: Stage, what: str) -> None:
    text, _, line = WRONG[what]
    file = stage.write("wrong", text)
    said = await stage.run(file)
    assert said.code == 2
    assert file.name in said.err
    assert f"(line {line})" in said.err
    assert said.json["error"]["problems"]


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_definition_on_the_bus_is_refused_with_field_and_line(stage: Stage, what: str) -> None:
    text, code, line = WRONG[what]
    correlation, headers = stage.headers("CreateTwin")
    await stage.put("control.commands", encode(CreateTwin(text, GOOD)), headers=headers)
    refused = await stage.answer(correlation)
    assert isinstance(refused, ControlRefused)
    assert (refused.code, refused.line) == (code, line)
    assert refused.field is not None or what == "invalid YAML"
    labels = ('type="CreateTwin"', f'code="{code}"')
    await stage.counted("scene-manager", "hanzo_twin_control_refused_total", *labels)


async def test_an_engine_that_is_not_installed_is_refused_and_those_there_are_named(stage: Stage) -> None:
    file = stage.write("gazebo", definition("on-gazebo").replace("mujoco", "gazebo"))
    said = await stage.run(file)
    assert said.code == 2
    error = said.json["error"]
    assert (error["code"], error["field"]) == ("unknown_engine", "engine.type")
    assert "available: mujoco" in said.err


async def test_a_command_of_another_organisation_finds_no_twin_to_start(stage: Stage) -> None:
    correlation, headers = stage.headers("StartTwin", org=INTRUDER)
    await stage.put("control.commands", encode(StartTwin(GOOD)), headers=headers)
    refused = await stage.answer(correlation)
    assert isinstance(refused, ControlRefused)
    assert refused.code == "twin_not_found"


async def test_a_command_in_another_organisations_name_is_forbidden(stage: Stage) -> None:
    correlation, headers = stage.headers(
        "StartTwin", org=INTRUDER, bearer=stage.settings.security.organization
    )
    await stage.put("control.commands", encode(StartTwin(GOOD)), headers=headers)
    refused = await stage.answer(correlation)
    assert isinstance(refused, ControlRefused)
    assert refused.code == "forbidden"


async def test_another_definition_under_the_name_of_a_twin_is_refused_with_what_differs(stage: Stage) -> None:
    said = await stage.run(stage.write("other", definition(GOOD)))
    assert said.code == 2
    assert said.json["error"]["type"] == "TwinDiffers"
    assert "sync" in said.err
    assert f"hanzo-twin delete {GOOD}" in said.err


async def test_a_mapping_to_a_prim_that_is_not_there_fails_the_twin_and_names_near_ones(stage: Stage) -> None:
    said = await stage.run(stage.write("lost", definition("lost", "angle: /World/Pendulum/hing.position")))
    assert said.code == 5
    for told in ("unknown_prim", "sync.sources[0].mapping.angle", "/World/Pendulum/hing", HINGE):
        assert told in said.err
    status = await stage.status("lost")
    assert status["phase"] == "failed"
    assert status["failure"].startswith("unknown_prim: ")


@pytest.mark.parametrize(
    ("name", "scene", "told"),
    [
        ("crossed", limited(30, -30), f"{HINGE}"),
        ("no-usd", "this is no USD file", "#usda"),
        ("no-scene-bytes", b"\0\xff" * 5000, "#usda"),
    ],
)
async def test_a_scene_that_does_not_compile_is_refused_before_its_twin_is_made(
    stage: Stage, name: str, scene: str | bytes, told: str
) -> None:
    said = await stage.run(stage.write(name, definition(name), scene))
    assert said.code == 2, said.err
    assert told in said.err
    assert (await stage.cli("status", name, "--json")).code == 2


async def test_a_corrected_twin_takes_the_place_of_the_failed_one(stage: Stage) -> None:
    name = "mended"
    wrong = definition(name, "angle: /World/Pendulum/hing.position")
    assert (await stage.run(stage.write(name, wrong))).code == 5
    again = await stage.run(stage.write(name, definition(name)))
    assert again.code == 2
    assert f"hanzo-twin delete {name}" in again.err
    assert (await stage.cli("delete", name)).code == 0
    await stage.started(name, definition(name))
    assert (await stage.status(name))["phase"] == "running"


@pytest.mark.parametrize(
    ("reason", "topic", "payload"),
    PAYLOADS,
)
async def test_a_bad_payload_is_counted_by_reason_and_explained(
    stage: Stage, listener: str, reason: str, topic: str, payload: bytes
) -> None:
    labels = (f'twin="{listener}"', f'reason="{reason}"')
    before = stage.measured("sync-engine", "hanzo_twin_sync_refused_total", *labels)
    stage.say(f"plant/{listener}/{topic}", payload)
    status = await stage.shown(listener, lambda status: status["refused"].get(reason, 0) > before)
    assert status["refused"][reason] == before + 1
    assert stage.measured("sync-engine", "hanzo_twin_sync_refused_total", *labels) == before + 1
    assert f"plant/{listener}/{topic}" in status["errors"][reason]
    assert status["phase"] == "running"


@pytest.mark.parametrize(("name", "off_s"), [("slow-clock", -3600), ("fast-clock", 3600)])
async def test_a_clock_an_hour_off_is_corrected_marked_and_shown(stage: Stage, name: str, off_s: int) -> None:
    spec = await stage.started(name, definition(name, SENSES))

    async def speak() -> None:
        while True:
            stage.say(f"plant/{name}/angle", {"reading": {"value": 0.1}, "t": time.time() + off_s})
            await asyncio.sleep(0.05)

    speaking = asyncio.create_task(speak())
    try:
        status = await stage.shown(
            name, lambda status: status["sources"] and status["sources"][0]["clock_offset_ms"]
        )
    finally:
        speaking.cancel()
    assert abs(status["sources"][0]["clock_offset_ms"] - off_s * 1000) < 1000
    assert status["counts"]["sync"]["clock_corrected"] > 0
    journal = [item.record for item in await stage.twins.streams.read_journal(spec)]
    readings = [reading for record in journal for reading in getattr(record, "readings", ())]
    assert readings
    assert {reading.quality for reading in readings} == {Quality.CLOCK_CORRECTED}


async def test_a_time_in_the_wrong_unit_never_moves_a_reading_in_time(stage: Stage, listener: str) -> None:
    for number in range(8):  # seconds, where nanoseconds are expected
        reading = {"name": ["hinge"], "position": [0.1 + number / 1000], "time_ns": int(time.time())}
        stage.say(f"plant/{listener}/joints", reading)
        await asyncio.sleep(0.05)
    await stage.shown(listener, lambda status: status["counts"]["sync"].get("clock_corrected", 0) >= 8)
    spec = await stage.twins.find(listener)
    journal = await stage.twins.streams.read_journal(spec)
    readings = [(item, reading) for item in journal for reading in getattr(item.record, "readings", ())]
    assert len(readings) >= 8
    assert all(abs(item.at_ns - reading.time_ns) < 60e9 for item, reading in readings)


async def test_an_mqtt_broker_that_is_not_there_is_named_and_found_when_it_comes(stage: Stage) -> None:
    port = free_port()
    broker = f"mqtt://127.0.0.1:{port}"
    await stage.started("unheard", definition("unheard", broker=broker))
    status = await stage.shown("unheard", lambda status: status["sources"] and status["sources"][0]["error"])
    assert broker in status["sources"][0]["error"]
    assert not status["sources"][0]["connected"]
    async with mosquitto(port):
        status = await stage.shown(
            "unheard", lambda status: status["sources"] and status["sources"][0]["connected"]
        )
        assert status["sources"][0]["error"] is None


async def test_a_kafka_broker_that_is_not_there_is_named_and_has_its_exit_code(stage: Stage) -> None:
    brokers = f"127.0.0.1:{free_port()}"
    said = await stage.cli("replay", "verify", GOOD, "--json", HANZO_TWIN_STREAM_BROKERS=brokers)
    assert said.code == 4
    assert said.json["error"]["type"] == "BrokerUnreachable"
    assert brokers in said.err


@pytest.mark.parametrize(
    ("name", "value", "told"),
    RECORDS,
)
async def test_an_unreadable_journal_record_parks_its_twin_before_it(
    stage: Stage, name: str, value: bytes | None, told: str
) -> None:
    spec = await stage.started(name, definition(name))
    poison = await stage.put("sim.journal", value, key=spec.twin, partition=spec.partition)
    status = await stage.shown(name, is_parked)
    assert status["failure"].startswith("undecodable: ")
    assert str(poison.offset) in status["failure"]
    assert status["counts"]["sim"]["undecodable"] == 1
    assert stage.measured("sim-worker-0", "hanzo_twin_parked", 'reason="undecodable"') >= 1


@pytest.mark.parametrize("name", ["revived", "revived-after-stop"])
async def test_a_parked_twin_begins_anew_when_it_is_started_again(stage: Stage, name: str) -> None:
    spec = await stage.started(name, definition(name))
    await stage.put("sim.journal", UNKNOWN, key=spec.twin, partition=spec.partition)
    parked = await stage.shown(name, is_parked)
    again = await stage.run(stage.folder / name / "twin.yaml")
    assert again.code == 5
    assert f"To begin anew from the scene's initial state: `hanzo-twin start {name}`" in again.err
    if name.endswith("stop"):
        assert (await stage.cli("stop", name)).code == 0
    started = await stage.cli("start", name)
    assert started.code == 0, started.err
    revived = await stage.status(name)
    assert (revived["phase"], revived["conditions"], revived["failure"]) == ("running", [], None)
    assert revived["incarnation"] == parked["incarnation"] + 1


async def test_records_of_nobody_and_on_the_wrong_partition_are_counted_and_passed_over(stage: Stage) -> None:
    other = await stage.started("misplaced", definition("misplaced"))
    wrong = next(
        number for number in range(6) if number != other.partition
    )  # sim-worker-0 holds the first six
    await stage.put("sim.journal", UNKNOWN, key="nobody", partition=wrong)
    await stage.put("sim.journal", UNKNOWN, key=other.twin, partition=wrong)
    for event in ("unspecified", "misplaced"):
        await stage.counted("sim-worker-0", "hanzo_twin_worker_events_total", f'event="{event}"')
    assert (await stage.status("misplaced"))["phase"] == "running"


@pytest.mark.parametrize("topic", ["control.commands", "sim.commands"])
@pytest.mark.parametrize(
    ("code", "value", "enveloped"),
    POISON,
)
async def test_a_poisonous_command_becomes_a_dead_letter_and_the_next_one_is_handled(
    stage: Stage, listener: str, topic: str, code: str, value: bytes | None, enveloped: bool
) -> None:
    if topic == "sim.commands" and code == "bad_envelope":
        value = encode(ResetState(GOOD, "x", True, {}))
    spec = await stage.twins.find(listener)
    partition = spec.partition if topic == "sim.commands" else None
    headers = stage.headers("Poison")[1] if enveloped else ()
    position = await stage.put(topic, value, key=GOOD, partition=partition, headers=headers)
    letter = await stage.dead(position)
    assert (letter.code, letter.value) == (code, value)
    service = "sync-engine" if topic == "sim.commands" else "scene-manager"
    await stage.counted(service, "hanzo_twin_dead_letters_total", f'code="{code}"', topic)
    if topic == "control.commands":
        with pytest.raises(ControlCommandRefused, match="already_running"):
            await stage.twins.start(listener)
    else:
        command = await stage.twins.commands.reset_state(spec)
        assert isinstance(await stage.verdict(command), CommandApplied)


@pytest.mark.parametrize(
    ("code", "command"),
    COMMANDS,
)
async def test_a_command_that_cannot_be_carried_out_is_refused_with_a_code_and_counted(
    stage: Stage, listener: str, code: str, command: Any
) -> None:
    spec = await stage.twins.find(listener)
    before = await commands_refused(stage, spec)
    verdict = await stage.verdict(await stage.order(spec, command))
    assert isinstance(verdict, CommandRefused)
    assert verdict.code == code, verdict.message
    status = await stage.shown(listener, lambda status: sum_refused(status["counts"]) > before)
    assert status["phase"] == "running"


async def test_a_command_of_another_organisation_finds_no_twin(stage: Stage, listener: str) -> None:
    spec = await stage.twins.find(listener)
    verdict = await stage.verdict(await stage.order(spec, ResetState("", "", True, {}), org=INTRUDER))
    assert isinstance(verdict, CommandRefused)
    assert verdict.code == "unknown_twin"


async def test_a_command_that_comes_twice_acts_once(stage: Stage, listener: str) -> None:
    spec = await stage.twins.find(listener)
    command = await stage.order(spec, ResetState("", "", True, {}))
    await stage.verdict(command)
    await stage.order(spec, ResetState("", "", True, {}), command)
    after = await stage.twins.commands.reset_state(spec)
    await stage.verdict(after)
    events = await stage.all("control.events", CommandApplied)
    assert [event.command_id for event in events].count(command) == 1
    assert (await stage.status(listener))["counts"]["sync"]["commands_repeated"] >= 1


async def test_a_twin_that_explodes_is_parked_where_it_did(stage: Stage) -> None:
    name = "exploding"
    spec = await stage.started(name, definition(name))
    await stage.twins.commands.set_joint_command(spec, {HINGE: (JointMode.EFFORT, 1e300)})
    status = await stage.shown(name, is_parked)
    assert status["failure"].startswith("diverged: ")
    assert any("journal offset" in condition for condition in status["conditions"])


async def test_the_good_twin_was_disturbed_by_nothing(stage: Stage) -> None:
    spec = await stage.twins.find(GOOD)
    life = await life_of(stage, spec)
    assert life.frames > 0
    assert life.unpredicted == []
    assert life.unaccounted_ticks == set()
    assert life.incarnations == 1
    assert life.epochs == 1
    assert life.phases == ["running"]
    assert life.conditions == set()
    assert life.workers == 1
    status = await stage.status(GOOD)
    assert (status["phase"], status["refused"], status["failure"]) == ("running", {}, None)
