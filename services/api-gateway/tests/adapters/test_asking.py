"""Commands and their answers: what a request becomes on the bus, and what becomes of it."""

import asyncio

import pytest

KEY = {"idempotency-key": "k-1"}


async def test_a_request_becomes_a_command_in_its_callers_name(bed):
    await bed.create("arm", headers={"x-request-id": "r-7"})
    envelope, command = bed.owner.commands[0]
    assert (type(command).__name__, envelope.type, envelope.source) == (
        "CreateTwin",
        "CreateTwin",
        "api-gateway",
    )
    assert (envelope.org, envelope.actor, envelope.correlation_id) == ("acme", "ann", "r-7")
    assert envelope.token == bed.issuer.token(org="acme", actor="ann") or envelope.token.count(".") == 2
    assert envelope.reply_to is not None
    assert envelope.request_digest is None


async def test_a_trace_goes_on_in_the_command(bed):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await bed.create("arm", headers={"traceparent": trace})
    assert bed.owner.commands[0][0].traceparent.split("-")[1] == trace.split("-")[1]


async def test_requests_with_one_key_are_one_command(bed):
    first = await bed.create("arm", headers=KEY)
    again = await bed.create("arm", headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len({envelope.id for envelope, _ in bed.owner.commands}) == 1


async def test_a_key_is_one_callers_own(bed):
    await bed.create("arm", headers=KEY)
    await bed.create("leg", headers=KEY, actor="bob")
    await bed.create("hip", headers=KEY, org="rival")
    assert len({envelope.id for envelope, _ in bed.owner.commands}) == 3


async def test_a_key_for_another_request_is_refused(bed):
    await bed.create("arm", headers=KEY)
    refused = await bed.create("leg", headers=KEY)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_conflict")
    other_path = await bed.post("/v1/twins/arm/start", headers=KEY)
    assert (other_path.status_code, other_path.json()["code"]) == (422, "idempotency_conflict")


async def test_two_requests_with_one_key_at_the_same_time_get_the_same_answer(bed):
    answers = await asyncio.gather(*(bed.create("arm", headers=KEY) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_another_request_under_a_key_in_flight_is_refused_at_once(bed):
    bed.owner.silent = True
    first = asyncio.ensure_future(bed.create("arm", headers=KEY))
    await bed.until(lambda: bed.owner.commands)
    refused = await bed.create("leg", headers=KEY)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_conflict")
    await bed.owner.answer(*bed.owner.commands[0])
    assert (await first).status_code == 201


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("name_unavailable", 409),
        ("phase_conflict", 409),
        ("already_running", 409),
        ("quota_exceeded", 409),
        ("twin_not_found", 404),
        ("scene_not_found", 422),
        ("revision_conflict", 412),
        ("invalid_definition", 422),
        ("forbidden", 403),
        ("unauthenticated", 401),
        ("something_new", 422),
    ],
)
async def test_a_refusal_is_a_problem_with_its_code(bed, code, status):
    bed.owner.refusal = {"code": code, "message": "no, and why", "field": "sync.rate_hz", "line": 5}
    refused = await bed.create("arm")
    assert (refused.status_code, refused.json()["code"], refused.json()["detail"]) == (
        status,
        code,
        "no, and why",
    )
    assert refused.json()["errors"] == [{"field": "sync.rate_hz", "line": 5, "message": "no, and why"}]


@pytest.fixture
async def hasty(memory_bus, issuer):
    from gateway_support.bed import opened

    async with opened(memory_bus, issuer, deadline_ms=50) as running:
        yield running


async def test_a_slow_owner_makes_it_202_with_a_place_to_ask(hasty):
    hasty.owner.silent = True
    pending = await hasty.create("arm")
    assert (pending.status_code, pending.json()["status"]) == (202, "pending")
    place = pending.headers["location"]
    assert place == f"/v1/commands/{pending.json()['command']}" == pending.json()["links"]["self"]
    assert (await hasty.get(place)).json() == {"id": pending.json()["command"], "status": "pending"}
    await hasty.owner.answer(*hasty.owner.commands[0])
    async with asyncio.timeout(10):
        while (said := (await hasty.get(place)).json())["status"] == "pending":  # noqa: ASYNC110 (it is asked for)
            await asyncio.sleep(0.01)
    assert (said["status"], said["type"], said["name"], said["version"]) == (
        "accepted",
        "CreateTwin",
        "arm",
        1,
    )


async def test_a_command_of_another_organization_is_unknown(hasty):
    hasty.owner.silent = True
    place = (await hasty.create("arm")).headers["location"]
    assert (await hasty.get(place, org="rival")).json()["status"] == "unknown"


async def test_a_command_that_another_process_sent_is_found_on_the_bus(hasty):
    await hasty.create("arm")
    envelope, _ = hasty.owner.commands[0]
    forgetful = hasty.app.state.engine.ledger
    forgetful.forget()
    said = (await hasty.get(f"/v1/commands/{envelope.id}")).json()
    assert (said["status"], said["name"]) == ("accepted", "arm")
    hasty.owner.silent = True
    await hasty.create("leg")
    forgetful.forget()
    envelope, _ = hasty.owner.commands[-1]
    assert (await hasty.get(f"/v1/commands/{envelope.id}")).json()["status"] == "pending"
