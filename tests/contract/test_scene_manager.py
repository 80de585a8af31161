"""Every example of what the scene manager reads, through its runner and its status feed."""

import asyncio
from dataclasses import replace

import pytest
from contract_support.table import Case, each

from scene_manager.bootstrap import Service
from scene_manager.testing import MemoryOutbox, MemoryWork, Store
from scene_manager.testing.caller import Caller
from scene_manager.testing.scene_files import TrustingFiles
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.settings import Settings
from twin_schemas import codec
from twin_schemas.catalogue import catalogue
from twin_schemas.records import (
    ControlAccepted,
    CreateTwin,
    Phase,
    RegisterSceneVersion,
    SimPhase,
    StartTwin,
    TwinPhaseChanged,
)

CONSUMER = "scene-manager"
PREFIX = "hanzo.twin"

# By example: the code of the refusal, or what the accepted command or the report leads to.
OUTCOMES = {
    ("control.commands", "CreateTwin"): {"minimal": "", "full": "", "edge": "scene_not_found"},
    ("control.commands", "UpdateTwin"): {
        "minimal": "",
        "full": "revision_conflict",
        "edge": "twin_not_found",
    },
    ("control.commands", "StartTwin"): {"minimal": "", "full": "revision_conflict", "edge": "twin_not_found"},
    ("control.commands", "StopTwin"): {"minimal": "", "full": "revision_conflict", "edge": "twin_not_found"},
    ("control.commands", "DeleteTwin"): {
        "minimal": "",
        "full": "revision_conflict",
        "edge": "twin_not_found",
    },
    ("control.commands", "RegisterSceneVersion"): {
        "minimal": "",
        "full": "scene_not_found",
        "edge": "scene_too_large",
    },
    ("control.commands", "DeleteScene"): dict.fromkeys(("minimal", "full", "edge"), "scene_not_found"),
    ("control.commands", "DecideSceneProposal"): dict.fromkeys(
        ("minimal", "full", "edge"), "scene_not_found"
    ),
    ("control.commands", "ValidateScene"): {
        "minimal": "scene_not_found",
        "full": "scene_not_found",
        "edge": "unknown_engine",
    },
    ("twin.status", "SimStatus"): {"minimal": Phase.RUNNING, "full": Phase.RUNNING, "edge": Phase.FAILED},
    ("twin.status", "SyncStatus"): {"minimal": None, "full": None, "edge": None},
    ("twin.status", "ControlStatus"): {"minimal": None, "full": None, "edge": None},
}

REPORTERS = {"SimStatus": "sim", "SyncStatus": "sync", "ControlStatus": "control"}

# Named as the examples name theirs, which has an id of its own.
THEIRS = "0199a3c2-5d1e-7c41-9f3a-2b6d8e4f1a07"
PENDULUM = """\
name: pendulum
scene: {uri: scene.usda}
engine: {type: mujoco}
sync: {mode: standalone}
"""
OTHER = "name: other\nscene: {uri: scene.usda}\nengine: {type: mujoco}\nsync: {mode: standalone}\n"


@pytest.fixture
async def bus():
    made = MemoryBus()
    async with await made.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    return made


@pytest.fixture
async def caller(bus):
    """Somebody who asks a running scene manager; its end shows whatever ended the service."""
    settings = Settings.model_validate(
        {
            "metrics": {"enabled": False},
            "scene_manager": {"outbox_poll_ms": 10},
            "security": {"organization": "acme"},
        }
    )
    wake, stop, store = asyncio.Event(), asyncio.Event(), Store()
    service = Service(
        settings, bus, MemoryWork(store, wake.set), MemoryOutbox(store), wake, files=TrustingFiles()
    )
    running = asyncio.create_task(service.run(stop))
    asking = Caller(bus, PREFIX, org="acme")
    for version in range(1, 5):
        await asking.accepted(RegisterSceneVersion("pendulum", f"{version:064x}", "pendulum.usda", 10))
    yield asking
    stop.set()
    await running


async def other_runs(caller: Caller, bus: MemoryBus) -> None:
    """A command and a report that come later are handled as ever."""
    twin = (await caller.accepted(CreateTwin(OTHER, "pendulum"))).id
    await caller.accepted(StartTwin(twin))
    await phase_of(caller, bus, twin, SimPhase.RUNNING, Phase.RUNNING)


async def phase_of(caller, bus, twin, reported, wanted) -> None:
    await caller.report(await spec_of(caller, twin), reported)
    await until(lambda: caller.facts(TwinPhaseChanged, twin), lambda facts: facts[-1].phase is wanted)


async def spec_of(caller, twin):
    return await until(lambda: caller.spec(twin), lambda spec: spec.desired.value == "running")


async def until(ask, holds):
    async with asyncio.timeout(20):
        while True:
            found = await ask()
            if found and holds(found):
                return found
            await asyncio.sleep(0.01)


@each(CONSUMER, "control.commands")
async def test_a_command_is_accepted_or_refused_with_its_code(caller, bus, case: Case):
    command = case.record
    if case.type in ("UpdateTwin", "StartTwin", "StopTwin", "DeleteTwin"):
        made = await caller.accepted(CreateTwin(PENDULUM, "pendulum"))
        command = replace(command, twin=made.id if command.twin == THEIRS else command.twin)
    answer = await caller.ask(command)
    code = "" if isinstance(answer, ControlAccepted) else answer.code
    assert code == OUTCOMES[case.topic, case.type][case.example], answer
    await other_runs(caller, bus)


@each(CONSUMER, "twin.status")
@pytest.mark.parametrize("known", [False, True])
async def test_a_report_moves_its_twin_or_is_ignored(caller, bus, case: Case, known):
    status = case.record
    if known:
        status.twin = (await caller.accepted(CreateTwin(PENDULUM, "pendulum"))).id
        await caller.accepted(StartTwin(status.twin))
        spec = await spec_of(caller, status.twin)
        status.revision, status.org = spec.revision, spec.org
    async with await bus.producer() as producer:
        reporter = REPORTERS[case.type]
        key = f"{status.twin}/{reporter}".encode()
        await producer.send(f"{PREFIX}.twin.status", key=key, value=codec.encode(status))
    await other_runs(caller, bus)
    outcome = OUTCOMES[case.topic, case.type][case.example]
    facts = await caller.facts(TwinPhaseChanged, status.twin)
    if known and outcome is not None:
        await until(
            lambda: caller.facts(TwinPhaseChanged, status.twin), lambda facts: facts[-1].phase is outcome
        )
    else:
        assert [fact.phase for fact in facts] == ([Phase.CREATED, Phase.STARTING] if known else [])
