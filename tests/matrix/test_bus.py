"""Every command on the bus, for every role, on one's own things and on another organisation's."""

import uuid
from dataclasses import replace

import pytest
from platform_support.line import Line
from platform_support.running import definition
from rights import ACTIONS, COMMANDS, ROLES

from twin_schemas import examples
from twin_schemas.catalogue import topic
from twin_schemas.records import RECORD_TYPES, CreateTwin

NOBODYS = "0199a63c-2d5e-7c41-9f3a-b26d8e4f1a99"
DENIED = {"forbidden", "unauthenticated", "other_organization"}
CASES = [(place, kind) for place, kinds in COMMANDS.items() for kind in kinds]
REFERRING = [
    case for case in CASES if case[1] not in ("CreateTwin", "RegisterSceneVersion", "IncarnationRequested")
]
ROLE_CASES = [(place, kind, role) for place, kind in CASES for role in ROLES]


def org_of(role):
    return "local"  # where service accounts live, too


@pytest.fixture(scope="module")
def line(platform):
    opened = Line(platform)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def twins(platform, line):
    """A running twin of two organisations: id and partition by organisation."""
    found = {}
    for org in ("local", "rival"):
        name = f"matrix-{org}"
        platform.scene(f"matrix-{org}", org)
        token = platform.token(org=org)
        made = CreateTwin(definition(name), scene=f"matrix-{org}")
        created = line.ask("control.commands", made, key=name, org=org, token=token)
        start = RECORD_TYPES["StartTwin"](twin=created.id)
        line.ask("control.commands", start, key=created.id, org=org, token=token)
        twin = platform.until(
            lambda name=name, org=org: platform.twin(name, org=org),
            lambda twin: twin.get("phase") == "running",
        )
        found[org] = (twin["id"], twin["placement"]["partition"])
    return found


def command(kind, twin):
    """A command of a kind about a twin or scene; harmless to it."""
    record = examples.load(kind)["full"]
    about = {
        "twin": twin,
        "scene": "matrix-local",
        "command_id": str(uuid.uuid4()),
        "effect_time_ns": None,
        "expected_revision": 1_000_000,  # of no twin: whoever may do it learns that
        "version": 1_000_000,
        "revision": 1,  # long past, so that a request for an incarnation changes nothing
        "org": "local",
    }
    if kind == "CreateTwin":
        return replace(record, definition="name: no twin")
    fields = {name: value for name, value in about.items() if hasattr(record, name)}
    if kind in ("ResetState", "SetJointCommand"):
        fields |= {"to_initial": True, "values": {}} if kind == "ResetState" else {}
    return replace(record, **fields)


def send(line, place, kind, twin, partition, token, org="local"):
    fixed = partition if place.startswith("sim.") else -1
    return line.ask(place, command(kind, twin), key=twin, token=token, org=org, partition=fixed)


def decision(platform, request):
    """What the log of decisions says of a request: action, role, and whether it was allowed."""

    def look():
        items = platform.call("GET", "/v1/audit").json()["items"]
        return next((item for item in items if item["request"] == request), None)

    found = platform.until(look, bool)
    return found["action"], found["role"], found["allowed"]


def code_of(answer):
    return getattr(answer, "code", None)


def test_every_type_that_a_topic_of_commands_carries_has_its_row():
    assert {place: set(kinds) for place, kinds in COMMANDS.items()} == {
        place: set(topic(place).types) for place in COMMANDS
    }


@pytest.mark.parametrize(("place", "kind", "role"), ROLE_CASES)
def test_a_command_obeys_the_table_whoever_publishes_it(platform, line, twins, place, kind, role):
    twin, partition = twins["local"]
    allowed = role in ACTIONS[COMMANDS[place][kind]]
    if kind == "IncarnationRequested" and allowed:
        # Whoever may ask has no answer but a new incarnation, so the log of decisions says that they may.
        sent = line.send(
            place, command(kind, twin), key=twin, token=platform.token(role=role), partition=partition
        )
        assert decision(platform, sent) == (COMMANDS[place][kind], role, True)
        return
    answer = send(line, place, kind, twin, partition, platform.token(role=role))
    assert (code_of(answer) not in DENIED) if allowed else (code_of(answer) == "forbidden"), answer


@pytest.mark.parametrize(("place", "kind"), REFERRING)
def test_another_organizations_thing_is_answered_like_nobodys(platform, line, twins, place, kind):
    other, partition = twins["rival"]
    answers = [send(line, place, kind, twin, partition, platform.token()) for twin in (other, NOBODYS)]
    told = [str(answer).replace(other, NOBODYS) for answer in answers]
    codes = [code_of(answer) for answer in answers]
    assert codes[0] == codes[1]
    assert codes[0] is not None
    assert codes[0] not in DENIED
    if place != "sim.requests":
        assert getattr(answers[0], "message", "").replace(other, NOBODYS) == getattr(
            answers[1], "message", ""
        ), told


@pytest.mark.parametrize(("place", "kind"), CASES)
def test_a_token_does_not_reach_into_another_organization(platform, line, twins, place, kind):
    other, partition = twins["rival"]
    answer = send(line, place, kind, other, partition, platform.token(), org="rival")
    assert code_of(answer) in {"forbidden", "other_organization", "unknown_twin", "wrong_org", "not_found"}


@pytest.mark.parametrize(("place", "kind"), CASES)
def test_without_a_token_nothing_is_done(platform, line, twins, place, kind):
    twin, partition = twins["local"]
    assert code_of(send(line, place, kind, twin, partition, None)) == "unauthenticated"
