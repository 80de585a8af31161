"""Who may command a twin is asked at the journal's door, whoever published the command."""

import uuid
from dataclasses import replace

import pytest

from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas.records import (
    ApplyParameters,
    CommandApplied,
    CommandRefused,
    JointCommand,
    JointMode,
    JointTarget,
    ResetState,
    SetJointCommand,
    SetRate,
)

TWIN = str(uuid.UUID(int=7))
HINGE = "/World/Pendulum/hinge"


def push(command_id: str = "push", value: float = 1.0) -> SetJointCommand:
    return SetJointCommand(TWIN, command_id, [JointTarget(HINGE, JointMode.EFFORT, value)])


@pytest.fixture
def issuer():
    return InMemoryIssuer()


@pytest.fixture
async def guarded(world, until, issuer):
    """A running twin under an engine that verifies tokens."""
    async with world.engine(guard=issuer.guard()):
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec, token=issuer.service_token())
        await until(lambda: world.frames(TWIN))
        yield world


async def events(world, kind):
    return [record for _, _, record in await world.read("control.events") if isinstance(record, kind)]


async def audited(world):
    return [record for _, _, record in await world.read("audit.log")]


COMMANDS = [
    (push(), "twin-operator", "twin-viewer"),
    (ResetState(TWIN, "reset", True, {}), "twin-operator", "twin-viewer"),
    (ApplyParameters(TWIN, "calibrate", "", {"/World.mass": 2.0}), "twin-admin", "twin-operator"),
    (SetRate(TWIN, "rate", 20, 1, "test"), "twin-admin", "twin-operator"),
]


@pytest.mark.parametrize(("command", "may", "may_not"), COMMANDS, ids=lambda each: type(each).__name__)
async def test_a_command_is_taken_from_those_whose_role_has_it(guarded, until, issuer, command, may, may_not):
    await guarded.command(command, token=issuer.token(role=may_not, actor="eve"))
    (refused,) = await until(lambda: events(guarded, CommandRefused))
    assert (refused.command_id, refused.code) == (command.command_id, "forbidden")
    await guarded.command(command, token=issuer.token(role=may, actor="ann"))

    async def decided():
        found = await audited(guarded)
        return {record.actor: record for record in found} if len(found) >= 3 else None

    records = await until(decided)
    assert records["eve"].allowed is False
    assert (records["eve"].code, records["eve"].resource) == ("forbidden", TWIN)
    assert (records["ann"].allowed, records["ann"].role, records["ann"].action) == (
        True,
        may,
        records["eve"].action,
    )
    assert len(await events(guarded, CommandRefused)) == 1


async def test_no_token_and_a_bad_one_are_refused_and_leave_the_journal_alone(guarded, until, issuer):
    for token in (None, "nonsense", issuer.token(now_s=1_000, ttl_s=10)):
        await guarded.command(push(), token=token)

    async def three():
        return len(await events(guarded, CommandRefused)) == 3

    await until(three)
    assert {event.code for event in await events(guarded, CommandRefused)} == {"unauthenticated"}
    assert not [r for r in await guarded.effective(TWIN) if isinstance(r, JointCommand)]


async def test_another_organisations_token_finds_no_such_twin(guarded, until, issuer):
    await guarded.command(push(), token=issuer.token(org="other"))
    (refused,) = await until(lambda: events(guarded, CommandRefused))
    assert refused.code == "unknown_twin"


@pytest.mark.parametrize("partition", [0, 1])
async def test_nobody_is_answered_in_the_name_of_an_organisation_that_is_not_theirs(
    guarded, until, issuer, partition
):
    """Whoever waits for an answer goes by whom it names; on partition 1 the twin is unknown."""
    await guarded.command(
        push(), partition=partition, token=issuer.token(org="other", actor="eve"), actor="ann"
    )
    await guarded.command(push(), partition=partition, actor="ann")

    async def answered():
        refused = {
            envelope.org: (envelope.actor, record.code)
            for envelope, record in await guarded.told("control.events")
            if isinstance(record, CommandRefused)
        }
        return refused if len(refused) == 2 else None

    assert await until(answered) == {"other": ("eve", "unknown_twin"), "local": (None, "unauthenticated")}


async def test_only_a_service_account_begins_incarnations(world, until, issuer):
    async with world.engine(guard=issuer.guard()):
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec, token=issuer.token(role="twin-admin"))

        async def letter():
            return [record for _, _, record in await world.read("dead.letter")]

        (dead,) = await until(letter)
        assert dead.code == "forbidden"
        await world.incarnate(spec, token=issuer.service_token())
        await until(lambda: world.frames(TWIN))


async def test_a_rate_is_answered_as_soon_as_it_is_in_the_journal(guarded, until, issuer):
    asked = await guarded.command(SetRate(TWIN, "rate", 20, 1, "test"), token=issuer.token())
    (applied,) = await until(lambda: events(guarded, CommandApplied))
    assert (applied.command_id, applied.incarnation, applied.late_ns) == ("rate", 1, 0)
    assert asked.id


async def test_one_id_for_two_requests_is_a_conflict_and_a_repeat_is_none(guarded, until, issuer):
    token = issuer.token()
    await guarded.command(push(), token=token, digest="a" * 64)
    await guarded.command(push(), token=token, digest="a" * 64)
    conflicting = await guarded.command(push(value=9.0), token=token, digest="b" * 64)
    (refused,) = await until(lambda: events(guarded, CommandRefused))
    assert refused.code == "idempotency_conflict"
    assert conflicting.id
    taken = [r for r in await guarded.effective(TWIN) if isinstance(r, JointCommand)]
    assert [r.targets[0].value for r in taken] == [1.0]


async def test_a_twin_whose_definition_cannot_be_used_refuses_instead_of_staying_silent(world, until, issuer):
    async with world.engine(guard=issuer.guard()):
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.put(replace(spec, revision=2, definition="{}"))
        refused = []

        async def refusing():
            await world.command(push(), token=issuer.token())
            refused[:] = [
                event for event in await events(world, CommandRefused) if "correct it" in event.message
            ]
            return refused

        await until(refusing)
        assert refused[0].code == "not_running"
