"""What an organisation may have, and how often an engine may run."""

from __future__ import annotations

import asyncio

import pytest

from scene_manager.testing.caller import Caller
from scene_manager.testing.waiting import eventually
from twin_common.bus.memory import MemoryBus
from twin_common.identity import Guard
from twin_common.settings import Settings
from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.phase import Phase
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin

YAML = "name: {name}\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Four twins, two of which may run, three of all organisations."""
    quotas = settings.quotas.model_copy(update={"twins": 4, "running": 2})
    mujoco = settings.engines.mujoco.model_copy(update={"max_instances": 3})
    engines = settings.engines.model_copy(update={"mujoco": mujoco})
    return settings.model_copy(update={"quotas": quotas, "engines": engines})


@pytest.fixture
def issuer() -> InMemoryIssuer:
    """Signs tokens."""
    return InMemoryIssuer()


@pytest.fixture
def guard(issuer: InMemoryIssuer) -> Guard:
    """Knows the issuer's key."""
    return issuer.guard()


@pytest.fixture
async def ours(bus: MemoryBus, caller: Caller, issuer: InMemoryIssuer) -> Caller:
    """The administrator of an organisation with a scene."""
    return await administrator(bus, issuer, "local")


async def administrator(bus: MemoryBus, issuer: InMemoryIssuer, org: str) -> Caller:
    admin = Caller(bus, "test.twin", org, token=issuer.token(org=org))
    await admin.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))
    return admin


async def have(caller: Caller, *names: str) -> None:
    for name in names:
        await caller.accepted(CreateTwin(YAML.format(name=name), "arm"), key=name)


async def test_an_organisation_has_at_most_its_quota_of_twins(bus, ours: Caller, issuer) -> None:
    await have(ours, "a", "b", "c", "d")
    refused = await ours.refused(CreateTwin(YAML.format(name="e"), "arm"))
    assert refused.code == "quota_exceeded"
    assert "quotas.twins" in refused.message
    assert "4" in refused.message
    await have(await administrator(bus, issuer, "theirs"), "e")
    await ours.accepted(DeleteTwin("a"))
    await have(ours, "f")


async def test_creations_at_once_do_not_pass_the_quota_together(ours: Caller) -> None:
    await have(ours, "a", "b")
    names = [f"n{number}" for number in range(6)]
    asking = [ours.ask(CreateTwin(YAML.format(name=name), "arm"), key=name) for name in names]
    answers = await asyncio.gather(*asking)
    assert sum(isinstance(answer, ControlAccepted) for answer in answers) == 2
    assert {answer.code for answer in answers if isinstance(answer, ControlRefused)} == {"quota_exceeded"}


async def test_so_many_run_as_may(ours: Caller) -> None:
    await have(ours, "a", "b", "c")
    for name in ("a", "b"):
        await ours.accepted(StartTwin(name), key=name)
    refused = await ours.refused(StartTwin("c"))
    assert refused.code == "quota_exceeded"
    assert "quotas.running" in refused.message
    await ours.accepted(StartTwin("a"))  # it is on its way already
    await ours.accepted(StopTwin("a"))
    await ours.accepted(StartTwin("c"))


async def test_starts_at_once_do_not_pass_the_quota_together(ours: Caller) -> None:
    names = ["a", "b", "c", "d"]
    await have(ours, *names)
    answers = await asyncio.gather(*(ours.ask(StartTwin(name), key=name) for name in names))
    assert sum(isinstance(answer, ControlAccepted) for answer in answers) == 2


async def test_an_engine_that_is_full_is_full_for_everybody(bus, ours: Caller, issuer) -> None:
    theirs = await administrator(bus, issuer, "theirs")
    await have(ours, "a", "b")
    await have(theirs, "c", "d")
    for caller, name in ((ours, "a"), (ours, "b"), (theirs, "c")):
        await caller.accepted(StartTwin(name), key=name)
    refused = await theirs.refused(StartTwin("d"))
    assert (refused.code, refused.field) == ("engine_full", "engine.type")
    assert "engines.mujoco.max_instances" in refused.message
    await ours.accepted(DeleteTwin("a"))
    await theirs.accepted(StartTwin("d"))


async def test_a_failed_twin_keeps_its_place_and_can_be_started_again(ours: Caller) -> None:
    await have(ours, "a", "b", "c")
    started = await ours.accepted(StartTwin("a"))
    spec = await eventually(lambda: spec_at(ours, started))
    await ours.report(spec, SimPhase.FAILED, "scene_invalid")
    await eventually(lambda: failed(ours, started.id))
    await ours.accepted(StartTwin("b"))
    assert (await ours.refused(StartTwin("c"))).code == "quota_exceeded"
    await ours.accepted(StartTwin("a"))


async def spec_at(caller: Caller, answer: ControlAccepted):
    spec = await caller.spec(answer.id)
    return spec if spec is not None and spec.revision == answer.version else None


async def failed(caller: Caller, twin: str) -> bool:
    status = await caller.status(twin)
    return status is not None and status.phase is Phase.FAILED
