"""Changing a twin's definition, at rest and while it runs."""

from __future__ import annotations

import hashlib
import json

import pytest

from scene_manager.testing.caller import Caller
from scene_manager.testing.waiting import eventually
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.phase import Phase
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.twin_revised import TwinRevised
from twin_schemas.records.twin_spec import TwinSpec
from twin_schemas.records.update_twin import UpdateTwin


def update(patch: object, **how: object) -> UpdateTwin:
    return UpdateTwin("pendulum", json.dumps(patch), **how)


async def at(caller: Caller, answer: ControlAccepted) -> TwinSpec:
    """The spec of the revision that an answer names."""

    async def look() -> TwinSpec | None:
        spec = await caller.spec(answer.id)
        return spec if spec is not None and spec.revision >= answer.version else None

    return await eventually(look)


async def in_phase(caller: Caller, twin: str, phase: Phase) -> None:
    async def look() -> bool:
        status = await caller.status(twin)
        return status is not None and status.phase is phase

    await eventually(look)


async def started(caller: Caller) -> TwinSpec:
    """The twin, running."""
    spec = await at(caller, await caller.accepted(StartTwin("pendulum")))
    await caller.report(spec, SimPhase.RUNNING)
    await in_phase(caller, spec.twin, Phase.RUNNING)
    return spec


async def stopped(caller: Caller) -> None:
    spec = await at(caller, await caller.accepted(StopTwin("pendulum")))
    await caller.report(spec, SimPhase.STOPPED)
    await in_phase(caller, spec.twin, Phase.STOPPED)


def inside(definition: str, *path: str) -> object:
    value = json.loads(definition)
    for step in path:
        value = value[step]
    return value


async def test_at_rest_everything_acts_at_once(caller: Caller, create) -> None:
    twin = await create("pendulum")
    patch = {"tags": ["a"], "sync": {"rate_hz": 60}, "engine": {"config": {"gravity": [0, 0, -1.6]}}}
    answer = await caller.accepted(update(patch, reason="to the moon"))
    assert (answer.id, answer.version, answer.restart_needed) == (twin, 2, [])
    spec = await at(caller, answer)
    assert (inside(spec.definition, "tags"), inside(spec.definition, "sync", "rate_hz")) == (["a"], 60)
    assert (spec.pending_definition, spec.restart_needed) == (None, [])
    assert (spec.actor, spec.reason) == ("tester", "to the moon")
    assert spec.definition_digest == hashlib.sha256(spec.definition.encode()).hexdigest()
    (fact,) = await caller.facts(TwinRevised, twin)
    assert fact.changed == ["engine.config.gravity", "sync.rate_hz", "tags"]
    assert (fact.revision, fact.restart_needed, fact.reason) == (2, [], "to the moon")
    assert fact.definition_digest == spec.definition_digest


async def test_null_brings_a_default_back(caller: Caller, create) -> None:
    await create("pendulum")
    await caller.accepted(update({"sync": {"rate_hz": 60}, "metadata": {"a": 1, "b": 2}}))
    spec = await at(
        caller, await caller.accepted(update({"sync": {"rate_hz": None}, "metadata": {"a": None}}))
    )
    assert inside(spec.definition, "sync", "rate_hz") == 30
    assert inside(spec.definition, "metadata") == {"b": 2}


async def test_a_running_twin_takes_at_once_what_it_can_and_keeps_the_rest_for_its_next_start(
    caller: Caller, create
) -> None:
    await create("pendulum")
    await started(caller)
    answer = await caller.accepted(
        update({"tags": ["a"], "sync": {"rate_hz": 60, "horizon": {"seconds": 1}}})
    )
    assert answer.restart_needed == ["sync.rate_hz"]
    spec = await at(caller, answer)
    assert inside(spec.definition, "tags") == ["a"]
    assert inside(spec.definition, "sync", "horizon", "seconds") == 1
    assert inside(spec.definition, "sync", "rate_hz") == 30
    assert spec.pending_definition is not None
    assert inside(spec.pending_definition, "sync", "rate_hz") == 60
    assert spec.restart_needed == ["sync.rate_hz"]
    (fact,) = await caller.facts(TwinRevised, spec.twin)
    assert (fact.restart_needed, fact.changed) == (
        ["sync.rate_hz"],
        ["sync.horizon.seconds", "sync.rate_hz", "tags"],
    )
    await stopped(caller)
    again = await at(caller, await caller.accepted(StartTwin("pendulum")))
    assert again.definition == spec.pending_definition
    assert (again.pending_definition, again.restart_needed) == (None, [])


async def test_later_patches_build_on_what_waits(caller: Caller, create) -> None:
    await create("pendulum")
    await started(caller)
    await caller.accepted(update({"sync": {"rate_hz": 60}}))
    both = await caller.accepted(update({"engine": {"config": {"substeps": 2}}, "tags": ["b"]}))
    assert both.restart_needed == ["engine.config.substeps", "sync.rate_hz"]
    less = await caller.accepted(update({"sync": {"rate_hz": 30}}))
    assert less.restart_needed == ["engine.config.substeps"]
    spec = await at(caller, await caller.accepted(update({"engine": {"config": {"substeps": 1}}})))
    assert (spec.pending_definition, spec.restart_needed) == (None, [])
    assert inside(spec.definition, "tags") == ["b"]


async def test_what_waits_acts_when_a_stopped_twin_is_changed_again(caller: Caller, create) -> None:
    await create("pendulum")
    await started(caller)
    await caller.accepted(update({"sync": {"rate_hz": 60}}))
    await stopped(caller)
    spec = await at(caller, await caller.accepted(update({"tags": ["c"]})))
    assert spec.pending_definition is None
    assert inside(spec.definition, "sync", "rate_hz") == 60


async def test_a_patch_that_changes_nothing_makes_no_revision(caller: Caller, create) -> None:
    twin = await create("pendulum")
    same = {"tags": [], "name": "pendulum", "id": twin, "organization": "local", "updated_at": "2026-11-21"}
    assert (await caller.accepted(update(same))).version == 1
    assert (await caller.accepted(update({}))).version == 1
    assert await caller.facts(TwinRevised, twin) == []


async def test_a_status_of_the_revision_before_a_change_still_counts(caller: Caller, create) -> None:
    await create("pendulum")
    spec = await at(caller, await caller.accepted(StartTwin("pendulum")))
    await caller.accepted(update({"tags": ["a"]}))
    await caller.report(spec, SimPhase.RUNNING)
    await in_phase(caller, spec.twin, Phase.RUNNING)


async def test_another_scene_version_waits_while_the_twin_runs(caller: Caller, create) -> None:
    await create("pendulum")
    await caller.accepted(RegisterSceneVersion("arm", "cd" * 32, "arm2.usda", 10))
    await started(caller)
    answer = await caller.accepted(update({"scene": {"version": 2}}))
    assert answer.restart_needed == ["scene.version"]
    spec = await at(caller, answer)
    assert (spec.scene_version, spec.scene_digest) == (1, "ab" * 32)
    await stopped(caller)
    spec = await at(caller, await caller.accepted(StartTwin("pendulum")))
    assert (spec.scene_version, spec.scene_digest, spec.scene_file) == (2, "cd" * 32, "arm2.usda")


async def test_a_command_may_name_scene_and_version_itself(caller: Caller, create) -> None:
    await create("pendulum")
    await caller.accepted(RegisterSceneVersion("arm", "cd" * 32, "arm.usda", 10))
    await caller.accepted(RegisterSceneVersion("leg", "ef" * 32, "leg.usda", 10))
    spec = await at(caller, await caller.accepted(update({}, scene_version=2)))
    assert (spec.scene, spec.scene_version) == ("arm", 2)
    spec = await at(caller, await caller.accepted(update({}, scene="leg")))
    assert (spec.scene, spec.scene_version, spec.scene_digest) == ("leg", 1, "ef" * 32)
    spec = await at(caller, await caller.accepted(update({"scene": {"uri": "scene:arm"}})))
    assert (spec.scene, spec.scene_version) == ("arm", 2)
    refused = await caller.refused(update({}, scene="nobody"))
    assert (refused.code, refused.field) == ("scene_not_found", "scene")


@pytest.mark.parametrize(
    ("patch", "code", "field", "line"),
    [
        ('{"name": "other"}', "immutable_field", "name", 1),
        ('{\n "tags": [],\n "id": "0199aaaa-0000-7000-8000-00000000000f"}', "immutable_field", "id", 3),
        ('{"organization": "theirs"}', "immutable_field", "organization", 1),
        ('{"colour": "red"}', "invalid_definition", "colour", 1),
        ('{"sync":\n {"rate_hz": -1}}', "invalid_definition", "sync.rate_hz", 2),
        ('{"scene": null}', "invalid_definition", "scene", None),
        ('{"engine": {"type": "gazebo"}}', "unknown_engine", "engine.type", None),
        ('{"scene": {"version": 9}}', "scene_not_found", "scene", None),
        ("[]", "invalid_patch", "patch", None),
        ("", "invalid_patch", "patch", 1),
        ('{\n"tags": [', "invalid_patch", "patch", 2),
        ('{"tags": [], "tags": []}', "invalid_patch", "patch", None),
        ('{"metadata": {"a": NaN}}', "invalid_patch", "patch", None),
        ('{"metadata": {"a": 1e999}}', "invalid_patch", "patch", None),
        ('{"metadata": {"a": 99999999999999999999999}}', "invalid_patch", "patch", None),
        ('{"metadata": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}", "invalid_patch", "patch", None),
        ('{"metadata": {"a": "' + "x" * 250_000 + '"}}' + " " * 10_000, "invalid_patch", "patch", None),
        ('{"metadata": {"a": "\\ud800"}}', "invalid_definition", None, None),
    ],
)
async def test_a_bad_patch_is_refused_with_place_and_reason(
    caller: Caller, create, patch: str, code: str, field: str | None, line: int | None
) -> None:
    await create("pendulum")
    refused = await caller.refused(UpdateTwin("pendulum", patch))
    assert (refused.code, refused.field) == (code, field), refused.message
    assert line is None or refused.line == line
    assert "twin.yaml" not in refused.message and "(line" not in refused.message  # it was no file


async def test_every_command_for_another_revision_is_refused_with_the_current_one(
    caller: Caller, create
) -> None:
    await create("pendulum")
    for command in (
        update({"tags": ["a"]}, expected_revision=7),
        StartTwin("pendulum", expected_revision=7),
        StopTwin("pendulum", expected_revision=7),
        DeleteTwin("pendulum", expected_revision=7),
    ):
        refused = await caller.refused(command)
        assert (refused.code, refused.current_revision) == ("revision_conflict", 1)
    assert (await caller.accepted(update({"tags": ["a"]}, expected_revision=1))).version == 2


async def test_of_two_updates_of_one_revision_one_is_taken(caller: Caller, create) -> None:
    await create("pendulum")
    assert (await caller.accepted(update({"tags": ["a"]}, expected_revision=1))).version == 2
    assert (await caller.refused(update({"tags": ["b"]}, expected_revision=1))).current_revision == 2


async def test_a_reason_that_cannot_be_kept_is_refused(caller: Caller, create) -> None:
    await create("pendulum")
    for reason in ("x" * 2001, "a\0b"):
        assert (await caller.refused(StartTwin("pendulum", reason=reason))).code == "invalid_reason"
        assert (await caller.refused(update({"tags": ["a"]}, reason=reason))).code == "invalid_reason"


async def test_a_definition_and_one_that_waits_fit_into_one_record_together(caller: Caller, create) -> None:
    await create("pendulum")
    await caller.accepted(update({"metadata": {"a": "x" * 240_000, "b": "\x01" * 0}}))
    await caller.accepted(update({"metadata": {"b": "x" * 240_000}}))
    await started(caller)
    refused = await caller.refused(update({"sync": {"rate_hz": 60}}))
    assert refused.code == "definition_too_large"
    assert "stop the twin first" in refused.message


async def test_a_deleted_twin_cannot_be_changed(caller: Caller, create) -> None:
    twin = await create("pendulum")
    await caller.accepted(DeleteTwin(twin))
    assert (await caller.refused(update({"tags": ["a"]}))).code == "twin_not_found"


async def test_a_twin_that_could_not_be_created_now_can_still_be_created_by_the_same_definition(
    caller: Caller, create
) -> None:
    """What `hanzo-twin create` accepts and what a patch makes of it are judged by the same rules."""
    await create("pendulum")
    text = (
        "name: other\nscene: {uri: a.usda}\nengine: {type: mujoco}\nsync: {mode: standalone, rate_hz: 60}\n"
    )
    made = await at(caller, await caller.accepted(CreateTwin(text, "arm")))
    patched = await at(
        caller, await caller.accepted(update({"scene": {"uri": "a.usda"}, "sync": {"rate_hz": 60}}))
    )
    assert json.loads(patched.definition) | {"name": "other"} == json.loads(made.definition)
