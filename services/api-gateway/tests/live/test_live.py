"""State and commands of running twins, through the gateway."""

from dataclasses import replace

import pytest
from live_support.house import SHOULDER, applied, refused

from twin_schemas import codec
from twin_schemas.records import (
    Desired,
    GetState,
    JointMode,
    JointTarget,
    RequestRefused,
    ResetState,
    SetJointCommand,
    SetRate,
    TwinState,
)

PUSH = {"targets": {SHOULDER: {"mode": "effort", "value": 0.5}}}


def state_of(twin):
    def answer(request, envelope):
        assert isinstance(request, GetState)
        return TwinState(
            twin=twin,
            org="local",
            name="arm",
            revision=2,
            incarnation=1,
            offset=9,
            tick=8,
            time_ns=1_700_000_000_500_000_000,
            parameter_version=0,
            values={f"{SHOULDER}.position": [0.25]},
            digest="d" * 64,
        )

    return answer


async def test_the_state_is_the_workers_own_word(house):
    spec = await house.specify()
    async with house.playing(state_of(spec.twin)):
        answer = await house.client.get("/v1/twins/twin-arm/state", headers=house.headers(role="twin-viewer"))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["twin"], body["offset"], body["tick"]) == (spec.twin, 9, 8)
    assert body["time"] == "2023-11-14T22:13:20.500000Z"
    assert body["values"] == {f"{SHOULDER}.position": [0.25]}
    ((record, envelope),) = await house.asked("sim.requests")
    assert (record.partition, record.key) == (spec.partition, spec.twin.encode())
    assert envelope.token is not None


@pytest.mark.parametrize(
    ("code", "status", "shown"),
    [
        ("not_running", 409, "not_running"),
        ("not_found", 404, "twin_not_found"),
        ("forbidden", 403, "forbidden"),
    ],
)
async def test_a_worker_that_refuses_is_quoted(house, code, status, shown):
    await house.specify()
    async with house.playing(lambda request, envelope: RequestRefused("GetState", code, "because")):
        answer = await house.client.get("/v1/twins/arm/state", headers=house.headers())
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (status, shown, "because")


async def test_a_silent_worker_is_said_to_be_silent(house):
    await house.specify()
    answer = await house.client.get("/v1/twins/arm/state", headers=house.headers())
    assert (answer.status_code, answer.json()["code"]) == (504, "worker_silent")


async def test_a_twin_that_should_not_run_is_not_asked(house):
    await house.specify(desired=Desired.STOPPED)
    for method, path in (("GET", "state"), ("POST", "joint-command"), ("POST", "rate")):
        body = {"joint-command": PUSH, "rate": {"rate_hz": 5}}.get(path)
        answer = await house.client.request(
            method, f"/v1/twins/arm/{path}", headers=house.headers(), json=body
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "not_running")
    assert await house.asked("sim.requests") == []


async def test_another_organisations_twin_is_not_there(house):
    await house.specify()
    for path in ("state", "predictions"):
        answer = await house.client.get(f"/v1/twins/arm/{path}", headers=house.headers(org="other"))
        assert (answer.status_code, answer.json()["code"]) == (404, "twin_not_found")


async def test_a_joint_command_is_answered_when_it_has_acted(house):
    spec = await house.specify()
    async with house.playing(applied):
        answer = await house.client.post("/v1/twins/arm/joint-command", headers=house.headers(), json=PUSH)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["tick"], body["late_ns"]) == ("applied", 7, 0)
    ((record, envelope),) = await house.asked("sim.commands")
    command = codec.decode(record.value)
    assert command == SetJointCommand(
        spec.twin, body["command"], [JointTarget(SHOULDER, JointMode.EFFORT, 0.5)]
    )
    assert (envelope.id, record.partition, record.key) == (body["command"], 3, spec.twin.encode())


async def test_reset_and_rate_are_commands_too(house):
    await house.specify()
    values = {f"{SHOULDER}.position": [0.1]}
    async with house.playing(applied):
        for path, body in (
            ("reset", {"to_initial": True, "values": values, "effect_time": "2026-11-21T12:00:00.25Z"}),
            ("rate", {"rate_hz": "30000/1001", "reason": "film"}),
            ("rate", {"rate_hz": 12.5}),
        ):
            answer = await house.client.post(f"/v1/twins/arm/{path}", headers=house.headers(), json=body)
            assert answer.status_code == 200, answer.text
    reset, ratio, number = [codec.decode(record.value) for record, _ in await house.asked("sim.commands")]
    assert isinstance(reset, ResetState)
    assert (reset.to_initial, reset.values, reset.effect_time_ns) == (True, values, 1_795_262_400_250_000_000)
    assert isinstance(ratio, SetRate)
    assert (ratio.rate_num, ratio.rate_den, ratio.reason) == (30000, 1001, "film")
    assert (number.rate_num, number.rate_den) == (25, 2)


@pytest.mark.parametrize(
    ("code", "status", "shown"),
    [
        ("bad_joint_command", 422, "bad_joint_command"),
        ("not_running", 409, "not_running"),
        ("unknown_twin", 404, "twin_not_found"),
        ("forbidden", 403, "forbidden"),
        ("idempotency_conflict", 422, "idempotency_conflict"),
    ],
)
async def test_what_is_refused_is_a_problem_with_the_same_code(house, code, status, shown):
    await house.specify()
    async with house.playing(refused(code)):
        answer = await house.client.post("/v1/twins/arm/joint-command", headers=house.headers(), json=PUSH)
    assert (answer.status_code, answer.json()["code"]) == (status, shown)


async def test_a_command_whose_time_has_not_come_is_pending_and_can_be_looked_up(house):
    await house.specify()
    answer = await house.client.post("/v1/twins/arm/joint-command", headers=house.headers(), json=PUSH)
    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "pending"
    assert answer.headers["location"] == f"/v1/commands/{body['command']}" == body["links"]["self"]
    looked_up = await house.client.get(answer.headers["location"], headers=house.headers())
    assert looked_up.json()["status"] == "pending"


async def test_a_repeated_request_is_the_same_command_and_gets_its_outcome(house):
    await house.specify()
    headers = {**house.headers(), "Idempotency-Key": "one"}
    async with house.playing(applied):
        first = await house.client.post("/v1/twins/arm/joint-command", headers=headers, json=PUSH)
    again = await house.client.post("/v1/twins/arm/joint-command", headers=headers, json=PUSH)
    assert (again.status_code, again.json()) == (200, first.json())
    commands = [envelope for _, envelope in await house.asked("sim.commands")]
    assert len({envelope.id for envelope in commands}) == 1
    assert len({envelope.request_digest for envelope in commands}) == 1


@pytest.mark.parametrize("forgets", [[], ["_notes"], ["_notes", "_heard"]])
async def test_a_repeated_request_is_answered_from_what_is_known_and_another_one_refused(house, forgets):
    await house.specify()
    headers = {**house.headers(), "Idempotency-Key": "one"}
    ledger = house.app.state.engine.ledger
    async with house.playing(applied):
        first = await house.client.post("/v1/twins/arm/joint-command", headers=headers, json=PUSH)
        await house.until(lambda: list(ledger.answers("local", first.json()["command"])))
    for name in forgets:
        getattr(ledger, name).clear()
    again = await house.client.post("/v1/twins/arm/joint-command", headers=headers, json=PUSH)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(await house.asked("sim.commands")) == (2 if "_heard" in forgets else 1)
    for name in forgets:
        getattr(ledger, name).clear()
    for path, body in (
        ("joint-command", {"targets": {SHOULDER: {"mode": "effort", "value": 9}}}),
        ("start", None),
    ):
        refused = await house.client.post(f"/v1/twins/arm/{path}", headers=headers, json=body)
        if path == "joint-command" or not forgets:
            assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_conflict")


async def test_what_happened_to_another_twin_is_not_taken_for_an_outcome(house):
    await house.specify()

    def elsewhere(command, envelope):
        return replace(applied(command, envelope), twin="0197a3d2-5c1e-7000-8a4b-3f2d1c0b9a01")

    async with house.playing(elsewhere):
        answer = await house.client.post("/v1/twins/arm/joint-command", headers=house.headers(), json=PUSH)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("joint-command", {}, "targets"),
        ("joint-command", {"targets": {}}, "targets"),
        (
            "joint-command",
            {"targets": {SHOULDER: {"mode": "torque", "value": 1}}},
            f"targets.{SHOULDER}.mode",
        ),
        (
            "joint-command",
            {"targets": {SHOULDER: {"mode": "effort", "value": "1"}}},
            f"targets.{SHOULDER}.value",
        ),
        ("joint-command", {**PUSH, "effect_time": "tomorrow"}, "effect_time"),
        ("joint-command", {**PUSH, "extra": 1}, "extra"),
        ("reset", {"values": {"/World.position": []}}, "values./World.position"),
        ("rate", {"rate_hz": 0}, "rate_hz"),
        ("rate", {"rate_hz": "1/0"}, "rate_hz"),
        ("rate", {"rate_hz": True}, "rate_hz"),
        ("rate", {"rate_hz": 1e300}, "rate_hz"),
    ],
)
async def test_what_is_wrong_in_a_body_is_named_by_its_field(house, path, body, field):
    await house.specify()
    answer = await house.client.post(f"/v1/twins/arm/{path}", headers=house.headers(), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert any(error["field"].startswith(field) for error in answer.json()["errors"]), answer.json()["errors"]
    assert answer.json()["remedy"].startswith("Send a body such as {")
    assert await house.asked("sim.commands") == []


async def test_a_reset_to_nothing_is_refused(house):
    await house.specify()
    answer = await house.client.post("/v1/twins/arm/reset", headers=house.headers(), json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert '"to_initial":true' in answer.json()["remedy"]


@pytest.mark.parametrize(
    ("path", "body"), [("joint-command", PUSH), ("reset", {"to_initial": True}), ("rate", {"rate_hz": 5})]
)
async def test_a_viewer_commands_nothing(house, path, body):
    await house.specify()
    answer = await house.client.post(
        f"/v1/twins/arm/{path}", headers=house.headers(role="twin-viewer"), json=body
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await house.asked("sim.commands") == []


async def test_a_twin_that_was_given_another_partition_is_commanded_there(house):
    spec = await house.specify()
    await house.put(replace(spec, revision=3, partition=5))
    model = house.app.state.parts.model
    await house.until(lambda: model.twin_by_id(spec.twin).spec.partition == 5)
    async with house.playing(applied):
        answer = await house.client.post("/v1/twins/arm/joint-command", headers=house.headers(), json=PUSH)
    assert answer.status_code == 200
    ((record, _),) = await house.asked("sim.commands")
    assert record.partition == 5
