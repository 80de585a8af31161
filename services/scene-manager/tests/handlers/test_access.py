"""Who may give which command: tokens and roles are checked by the service that acts."""

from __future__ import annotations

import pytest

from scene_manager.testing.caller import Caller
from scene_manager.testing.waiting import eventually
from twin_common.bus.memory import MemoryBus
from twin_common.identity import Guard
from twin_common.ids import uuid7
from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas.record import Record
from twin_schemas.records.audit_record import AuditRecord
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.twin_spec import TwinSpec
from twin_schemas.records.update_twin import UpdateTwin

YAML = "name: {name}\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n"
SCENE = RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10)
COMMANDS: list[Record] = [
    CreateTwin(YAML.format(name="other"), "arm"),
    UpdateTwin("pendulum", '{"tags": ["a"]}'),
    StartTwin("pendulum"),
    StopTwin("pendulum"),
    DeleteTwin("pendulum"),
    SCENE,
]
OPERATES = (StartTwin, StopTwin)


@pytest.fixture
def issuer() -> InMemoryIssuer:
    """Signs tokens."""
    return InMemoryIssuer()


@pytest.fixture
def guard(issuer: InMemoryIssuer) -> Guard:
    """Knows the issuer's key."""
    return issuer.guard()


@pytest.fixture
def somebody(bus: MemoryBus, caller: Caller, issuer: InMemoryIssuer):
    """Makes a caller with a token."""

    def make(role: str = "twin-admin", org: str = "local", actor: str = "ann", reply_to: int = 2) -> Caller:
        token = issuer.token(org=org, actor=actor, role=role)
        return Caller(bus, "test.twin", org, actor="somebody else", token=token, reply_to=reply_to)

    return make


@pytest.fixture
async def admin(somebody) -> Caller:
    """The owner of twin pendulum."""
    admin = somebody()
    await admin.accepted(SCENE)
    await admin.accepted(CreateTwin(YAML.format(name="pendulum"), "arm"))
    return admin


async def audit(caller: Caller, count: int) -> list[AuditRecord]:
    """The audit log, once it has so many entries."""

    async def look() -> list[AuditRecord] | None:
        records = [said.record for said in await caller.read("audit.log")]
        return [r for r in records if isinstance(r, AuditRecord)] if len(records) >= count else None

    return await eventually(look)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("role", ["twin-admin", "twin-operator", "twin-viewer", "twin-service"])
async def test_a_role_may_do_what_the_table_says(admin: Caller, somebody, command: Record, role: str) -> None:
    answer = await somebody(role).ask(command)
    allowed = role == "twin-admin" or (role == "twin-operator" and isinstance(command, OPERATES))
    assert isinstance(answer, ControlAccepted) == allowed
    assert allowed or answer.code == "forbidden"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
async def test_without_a_token_nothing_is_done(admin: Caller, caller: Caller, command: Record) -> None:
    refused = await caller.refused(command)
    assert refused.code == "unauthenticated"
    assert "hanzo-twin token" in refused.message


async def test_a_token_of_another_organisation_is_refused_and_tells_nothing(
    admin: Caller, bus, issuer
) -> None:
    forged = Caller(bus, "test.twin", "local", token=issuer.token(org="theirs"))
    assert (await forged.refused(StopTwin("pendulum"))).code == "forbidden"


@pytest.mark.parametrize("command", COMMANDS[1:5], ids=lambda command: type(command).__name__)
async def test_another_organisations_twin_is_not_found(admin: Caller, somebody, command: Record) -> None:
    stranger = somebody(org="theirs")
    refused = await stranger.refused(command)
    assert refused.code == "twin_not_found"
    nobody = await stranger.refused(
        type(command)("nobody", *([command.patch] if hasattr(command, "patch") else []))
    )
    assert refused.message.replace("pendulum", "nobody") == nobody.message


async def test_another_organisation_has_scenes_and_twins_of_its_own(admin: Caller, somebody) -> None:
    stranger = somebody(org="theirs")
    assert (await stranger.refused(CreateTwin(YAML.format(name="other"), "arm"))).code == "scene_not_found"
    await stranger.accepted(SCENE)
    taken = await stranger.refused(CreateTwin(YAML.format(name="pendulum"), "arm"))
    assert taken.code == "name_unavailable"
    assert "local" not in taken.message
    made = await stranger.accepted(CreateTwin(YAML.format(name="other"), "arm"))
    spec: TwinSpec = await eventually(lambda: stranger.spec(made.id))
    assert (spec.org, spec.actor) == ("theirs", "ann")


async def test_what_is_done_is_in_the_name_that_the_token_proves(admin: Caller) -> None:
    answer = await admin.accepted(StartTwin("pendulum"))

    async def look() -> TwinSpec | None:
        spec = await admin.spec(answer.id)
        return spec if spec is not None and spec.revision == answer.version else None

    assert (await eventually(look)).actor == "ann"
    envelopes = [said.envelope for said in await admin.read("control.events") if said.key == answer.id]
    assert {envelope.actor for envelope in envelopes if envelope} == {"ann"}


async def test_a_token_counts_at_the_moment_in_which_the_broker_took_the_command(bus, caller, issuer) -> None:
    late = issuer.token(now_s=1_000.0, ttl_s=60.0)
    refused = await Caller(bus, "test.twin", token=late).refused(SCENE)
    assert refused.code == "unauthenticated"
    assert "expired" in refused.message


async def test_a_token_without_any_known_role_is_refused(bus, caller, issuer) -> None:
    refused = await Caller(bus, "test.twin", token=issuer.token(role="janitor")).refused(SCENE)
    assert refused.code == "forbidden"


async def test_a_refused_sender_does_not_use_up_the_id_of_the_rightful_one(
    admin: Caller, caller: Caller
) -> None:
    command_id = uuid7()
    assert (await caller.refused(StartTwin("pendulum"), command_id=command_id)).code == "unauthenticated"
    await admin.send(StartTwin("pendulum"), command_id=command_id)

    async def look() -> ControlAccepted | None:
        replies = [said.record for said in await admin.replies(command_id)]
        return next((record for record in replies if isinstance(record, ControlAccepted)), None)

    assert (await eventually(look)).version == 2


async def test_an_answer_is_not_repeated_to_somebody_else(admin: Caller, bus, caller, somebody) -> None:
    command_id = uuid7()
    await admin.accepted(StartTwin("pendulum"), command_id=command_id)
    for thief, code in (
        (Caller(bus, "test.twin", reply_to=9), "unauthenticated"),
        (somebody("twin-viewer", reply_to=8), "forbidden"),
        (somebody(org="theirs", reply_to=7), "twin_not_found"),
    ):
        await thief.send(StartTwin("pendulum"), command_id=command_id)
        (reply,) = await eventually(lambda thief=thief: thief.replies(command_id))
        assert reply.record.code == code


async def test_an_id_that_a_stranger_has_squatted_is_still_ones_own(admin: Caller, somebody) -> None:
    command_id = uuid7()
    await somebody(org="theirs", reply_to=7).ask(StopTwin("nobody"), command_id=command_id, digest="d2")
    await admin.send(StartTwin("pendulum"), command_id=command_id, digest="d1", request="own")

    async def look() -> list[Record | None]:
        return [said.record for said in await admin.replies(command_id)]

    (answer,) = await eventually(look)
    assert isinstance(answer, ControlAccepted)
    assert answer.version == 2


async def test_what_a_colleague_sends_again_has_its_effect_once(admin: Caller, somebody) -> None:
    command_id = uuid7()
    first = await admin.accepted(StartTwin("pendulum"), command_id=command_id)
    again = await somebody(actor="ann", reply_to=8).accepted(StartTwin("pendulum"), command_id=command_id)
    assert again == first


async def test_the_audit_log_has_every_change_and_every_denial(admin: Caller, somebody, caller) -> None:
    start_id, denied_id = uuid7(), uuid7()
    started = await admin.accepted(StartTwin("pendulum"), command_id=start_id)
    await admin.accepted(StartTwin("pendulum"))  # changes nothing
    await admin.refused(StartTwin("nobody"))  # allowed, and there is nothing to do it to
    await somebody("twin-viewer", actor="vic").refused(
        DeleteTwin("pendulum"), command_id=denied_id, key="pendulum"
    )
    await caller.refused(StopTwin("pendulum"), key="pendulum")
    said = await audit(admin, 5)
    rows = {(r.action, r.actor, r.role, r.resource, r.allowed, r.code, r.version) for r in said}
    assert len(said) == 5
    assert ("twins.start", "ann", "twin-admin", started.id, True, None, 2) in rows
    assert ("twins.delete", "vic", "twin-viewer", "pendulum", False, "forbidden", None) in rows
    assert ("twins.stop", "", "", "pendulum", False, "unauthenticated", None) in rows
    by_request = {r.request: r for r in said}
    assert by_request[start_id].source == by_request[denied_id].source == "scene-manager"


async def test_nobody_is_named_whose_place_in_the_organisation_is_not_proven(
    admin: Caller, bus, caller, issuer
) -> None:
    stranger = Caller(bus, "test.twin", "local", actor="ann", token=issuer.token(org="theirs", actor="eve"))
    for sender in (caller, stranger):
        command_id = uuid7()
        await sender.refused(StopTwin("pendulum"), command_id=command_id, key="pendulum")

        async def noted(command_id=command_id) -> AuditRecord | None:
            records = [said.record for said in await admin.read("audit.log")]
            return next((r for r in records if isinstance(r, AuditRecord) and r.request == command_id), None)

        record = await eventually(noted)
        assert (record.actor, record.role, record.allowed) == ("", "", False)
        envelopes = [said.envelope for said in await admin.read("control.events")]
        (about,) = {e.actor for e in envelopes if e is not None and e.causation_id == command_id}
        assert not about


async def test_an_id_tells_nothing_of_another_organisations_twins(admin: Caller, somebody) -> None:
    made = await admin.accepted(CreateTwin(YAML.format(name="arm"), "arm"))
    stranger = somebody(org="theirs")
    await stranger.accepted(SCENE)
    answers = [
        await stranger.refused(CreateTwin(f"id: {twin}\n" + YAML.format(name="leg"), "arm"))
        for twin in (made.id, "0199aaaa-0000-7000-8000-00000000000f")
    ]
    assert answers[0] == answers[1]
    assert (answers[0].code, answers[0].field) == ("immutable_field", "id")
