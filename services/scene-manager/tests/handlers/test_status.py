"""What the control plane says of a twin, beside what workers and sync engines say."""

from __future__ import annotations

from dataclasses import replace

from scene_manager.testing.caller import Caller
from scene_manager.testing.waiting import eventually
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_status import ControlStatus
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.phase import Phase
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.twin_spec import TwinSpec


async def statuses(caller: Caller, twin: str) -> list[ControlStatus | None]:
    """Everything that the control plane has said of a twin, in order."""
    said = [each for each in await caller.read("twin.status") if each.key == f"{twin}/control"]
    return [each.record for each in said if each.record is None or isinstance(each.record, ControlStatus)]


async def phase(caller: Caller, twin: str, wanted: Phase) -> ControlStatus:
    async def look() -> ControlStatus | None:
        status = await caller.status(twin)
        return status if status is not None and status.phase is wanted else None

    return await eventually(look)


async def spec_of(caller: Caller, answer: ControlAccepted) -> TwinSpec:
    async def look() -> TwinSpec | None:
        spec = await caller.spec(answer.id)
        return spec if spec is not None and spec.revision == answer.version else None

    return await eventually(look)


async def running(caller: Caller) -> TwinSpec:
    spec = await spec_of(caller, await caller.accepted(StartTwin("pendulum")))
    await caller.report(spec, SimPhase.RUNNING)
    await phase(caller, spec.twin, Phase.RUNNING)
    return spec


async def test_every_phase_is_said_with_its_revision(caller: Caller, create) -> None:
    twin = await create("pendulum")
    await running(caller)
    spec = await spec_of(caller, await caller.accepted(StopTwin("pendulum")))
    await caller.report(spec, SimPhase.STOPPED)
    await phase(caller, twin, Phase.STOPPED)
    said = [(each.phase, each.revision) for each in await statuses(caller, twin) if each]
    assert said == [
        (Phase.CREATED, 1),
        (Phase.STARTING, 2),
        (Phase.RUNNING, 2),
        (Phase.STOPPING, 3),
        (Phase.STOPPED, 3),
    ]


async def test_reports_that_say_nothing_new_are_not_repeated(caller: Caller, create) -> None:
    twin = await create("pendulum")
    spec = await running(caller)
    for _ in range(3):
        await caller.report(spec, SimPhase.RUNNING)
    await caller.report(spec, SimPhase.FAILED, "scene_invalid")
    await phase(caller, twin, Phase.FAILED)
    said = [each.phase for each in await statuses(caller, twin) if each]
    assert said == [Phase.CREATED, Phase.STARTING, Phase.RUNNING, Phase.FAILED]


async def test_conditions_come_and_go_beside_the_phase(caller: Caller, create) -> None:
    twin = await create("pendulum")
    spec = await running(caller)

    async def holding() -> list[str]:
        status = await caller.status(twin)
        return [] if status is None else [condition.type for condition in status.conditions]

    async def hold(*kinds: str) -> None:
        async def look() -> bool:
            return await holding() == list(kinds)

        await caller.report(spec, SimPhase.RUNNING, conditions=kinds)
        await eventually(look)

    await hold("stale")
    await hold("degraded", "stale")
    await hold("degraded")
    await hold()
    assert (await phase(caller, twin, Phase.RUNNING)).revision == 2


async def test_a_parked_twin_has_failed_and_says_at_which_offset(caller: Caller, create) -> None:
    twin = await create("pendulum")
    spec = await running(caller)
    await caller.report(spec, SimPhase.PARKED, "unfoldable")
    status = await phase(caller, twin, Phase.FAILED)
    assert (status.code, status.message) == ("unfoldable", "unfoldable happened")
    assert [(c.type, c.message) for c in status.conditions] == [
        ("parked", "after journal offset -1: unfoldable happened")
    ]
    await caller.accepted(StartTwin("pendulum"))
    assert (await phase(caller, twin, Phase.STARTING)).conditions == []


async def test_a_deleted_twin_has_no_status_any_more(caller: Caller, create) -> None:
    twin = await create("pendulum")
    await running(caller)
    await caller.accepted(DeleteTwin("pendulum"))

    async def gone() -> bool:
        return (await statuses(caller, twin))[-1] is None

    await eventually(gone)
    assert await caller.spec(twin) is None


async def test_a_running_twin_is_not_started_again(caller: Caller, create) -> None:
    await create("pendulum")
    await running(caller)
    refused = await caller.refused(StartTwin("pendulum"))
    assert refused.code == "already_running"
    assert "stop it" in refused.message


async def test_a_report_in_the_name_of_another_organization_says_nothing(caller: Caller, create) -> None:
    twin = await create("pendulum")
    spec = await running(caller)
    await caller.report(replace(spec, org="rival"), SimPhase.FAILED, "scene_invalid")
    await caller.report(spec, SimPhase.FAILED, "diverged")
    await phase(caller, twin, Phase.FAILED)
    said = [(each.phase, each.code) for each in await statuses(caller, twin) if each]
    assert said[-2:] == [(Phase.RUNNING, None), (Phase.FAILED, "diverged")]
