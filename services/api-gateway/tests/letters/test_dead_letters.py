"""Dead letters are shown to their organisation, and sent again in the name of who asks."""

import base64

import pytest
from letters_support.gate import COMMANDS, DEAD, opened

from api_gateway.adapters import letters
from twin_common.bus.envelope import Envelope
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode, encode
from twin_schemas.records import DeadLetterRedriven, StartTwin


async def test_letters_are_listed_the_newest_first_and_page_by_page(gate):
    for name in ("a", "b", "c"):
        await gate.refused(name)
    await gate.listed(3)
    first = (await gate.get("/v1/dead-letters?limit=2")).json()
    rest = (await gate.get(f"/v1/dead-letters?limit=2&cursor={first['next_cursor']}")).json()
    assert [item["message"] for item in first["items"] + rest["items"]] == [
        "no room for c",
        "no room for b",
        "no room for a",
    ]
    assert rest["next_cursor"] is None


async def test_a_letter_names_its_origin_and_why_it_was_refused(gate):
    await gate.refused("arm")
    (item,) = await gate.listed(1)
    assert item.pop("at").endswith("Z")
    assert item.pop("schema_id") == int.from_bytes(encode(StartTwin("arm"))[1:5])
    assert item == {
        "id": "0-0",
        "topic": COMMANDS,
        "partition": 3,
        "offset": 7,
        "type": "StartTwin",
        "code": "engine_full",
        "message": "no room for arm",
        "service": "scene-manager",
        "attempts": 1,
        "redriven": [],
    }


async def test_letters_are_found_by_topic_with_and_without_its_prefix(gate):
    await gate.refused("a")
    await gate.refused("b", at=topic("sim.commands").physical())
    await gate.listed(2)
    for name in ("sim.commands", "hanzo.twin.sim.commands"):
        items = (await gate.get(f"/v1/dead-letters?topic={name}")).json()["items"]
        assert [item["message"] for item in items] == ["no room for b"]


async def test_a_letter_shows_what_it_keeps_but_no_token(gate):
    sent = await gate.refused("arm")
    await gate.listed(1)
    answer = await gate.get("/v1/dead-letters/0-0")
    body = answer.json()
    assert base64.b64decode(body["key"]) == b"arm"
    assert base64.b64decode(body["value"]) == encode(StartTwin("arm"))
    assert body["decoded"]["twin"] == "arm"
    assert body["headers"]["ce_id"] == sent.id
    assert "secret" not in answer.text


async def test_letters_of_another_organization_are_not_there(gate):
    await gate.refused("arm", org="rival")
    await gate.listed(1, org="rival")
    assert (await gate.get("/v1/dead-letters")).json() == {"items": [], "next_cursor": None}
    for method, path in (("GET", "/v1/dead-letters/0-0"), ("POST", "/v1/dead-letters/0-0/redrive")):
        there, nowhere = await gate.call(method, path), await gate.call(method, path.replace("0-0", "0-9"))
        assert (there.status_code, there.json()["code"]) == (404, "dead_letter_not_found")
        assert there.json()["detail"].replace("0-0", "0-9") == nowhere.json()["detail"]
    assert len(gate.bus.records(COMMANDS)) == 0


async def test_a_letter_of_nobody_is_shown_to_the_platforms_administrators_only(gate):
    await gate.refused("arm", headers=())
    await gate.listed(1, org="local")
    for caller in ({"org": "acme"}, {"org": "local", "role": "twin-operator"}):
        assert (await gate.get("/v1/dead-letters", **caller)).json()["items"] == []
        assert (await gate.get("/v1/dead-letters/0-0", **caller)).status_code == 404


async def test_a_letter_is_sent_to_its_place_again_under_its_id_in_the_name_of_who_asks(gate):
    sent = await gate.refused("arm")
    await gate.listed(1)
    answer = await gate.call("POST", "/v1/dead-letters/0-0/redrive", actor="ann")
    assert answer.json() == {"topic": COMMANDS, "partition": 3, "offset": 0}
    (again,) = gate.bus.records(COMMANDS)
    assert (again.partition, again.key, decode(again.value)) == (3, b"arm", StartTwin("arm"))
    envelope = Envelope.parse(again.headers)
    assert (envelope.id, envelope.org, envelope.actor, envelope.reply_to) == (sent.id, "acme", "ann", None)
    assert (await gate.issuer.guard().authenticate(envelope.token, 0)).actor == "ann"


async def test_a_letter_tells_who_sent_it_again(gate):
    await gate.refused("arm")
    await gate.listed(1)
    await gate.call("POST", "/v1/dead-letters/0-0/redrive", actor="ann")
    body = await gate.until("/v1/dead-letters/0-0", lambda body: body["redriven"])
    assert [times["actor"] for times in body["redriven"]] == ["ann"]
    assert isinstance(decode(gate.bus.records(DEAD)[-1].value), DeadLetterRedriven)


async def test_a_command_to_a_running_twin_is_sent_again_once(gate):
    at = topic("sim.commands").physical()
    await gate.refused("arm", at=at)
    await gate.listed(1)
    assert (await gate.call("POST", "/v1/dead-letters/0-0/redrive")).status_code == 200
    await gate.until("/v1/dead-letters/0-0", lambda body: body["redriven"])
    answer = await gate.call("POST", "/v1/dead-letters/0-0/redrive")
    assert (answer.status_code, answer.json()["code"]) == (409, "redriven_before")
    assert len(gate.bus.records(at)) == 1


async def test_an_old_command_to_a_running_twin_may_have_been_sent_again(issuer, monkeypatch):
    monkeypatch.setattr(letters, "_KEPT_EACH", 1)
    at = topic("sim.commands").physical()
    async with opened(issuer) as gate:
        for twin in ("arm", "leg"):
            await gate.refused(twin, at=at)
        await gate.until(
            "/v1/dead-letters", lambda body: body["items"][:1] and body["items"][0]["id"] == "0-1"
        )
        answer = await gate.call("POST", "/v1/dead-letters/0-0/redrive")
        assert (answer.status_code, answer.json()["code"]) == (409, "redriven_before")
        assert gate.bus.records(at) == []


async def test_only_commands_are_sent_again(gate):
    await gate.refused("arm", at=topic("twin.specs").physical())
    await gate.listed(1)
    answer = await gate.call("POST", "/v1/dead-letters/0-0/redrive")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_redrivable")
    assert gate.bus.records(topic("twin.specs").physical()) == []


async def test_a_record_without_a_value_is_no_command_to_send_again(gate):
    await gate.refused("arm", empty=True)
    await gate.listed(1)
    answer = await gate.call("POST", "/v1/dead-letters/0-0/redrive")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_redrivable")
    assert gate.bus.records(COMMANDS) == []


@pytest.mark.parametrize(
    ("role", "listing", "redriving"),
    [
        ("twin-admin", 200, 200),
        ("twin-operator", 200, 403),
        ("twin-viewer", 403, 403),
        ("twin-service", 403, 403),
    ],
)
async def test_operators_look_and_administrators_send_again(gate, role, listing, redriving):
    await gate.refused("arm")
    await gate.listed(1)
    assert (await gate.get("/v1/dead-letters", role=role)).status_code == listing
    assert (await gate.get("/v1/dead-letters/0-0", role=role)).status_code == listing
    assert (await gate.call("POST", "/v1/dead-letters/0-0/redrive", role=role)).status_code == redriving


@pytest.mark.parametrize("name", ["0", "0-", "-1-0", "0-00", "0-1e3", "a-b", "0-99999999999999999999", "٠-٠"])
async def test_what_is_no_letters_name_is_not_found(gate, name):
    answer = await gate.get(f"/v1/dead-letters/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "dead_letter_not_found")


async def test_a_cursor_that_no_page_gave_is_refused(gate):
    answer = await gate.get("/v1/dead-letters?cursor=yesterday")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_another_organizations_letters_push_none_of_ones_own_out(issuer, monkeypatch):
    monkeypatch.setattr(letters, "_KEPT_EACH", 5)
    async with opened(issuer) as gate:
        await gate.refused("mine")
        for number in range(8):
            await gate.refused(f"theirs-{number}", org="rival")
        await gate.until(
            "/v1/dead-letters",
            lambda body: [i["id"] for i in body.get("items", ())] == [f"0-{n}" for n in range(8, 3, -1)],
            org="rival",
        )
        assert [item["id"] for item in await gate.listed(1)] == ["0-0"]


async def test_an_organization_with_most_letters_makes_room_when_all_are_too_many(issuer, monkeypatch):
    monkeypatch.setattr(letters, "_KEPT_ALL", 5)
    async with opened(issuer) as gate:
        await gate.refused("mine")
        for number in range(8):
            await gate.refused(f"theirs-{number}", org="rival")
        await gate.until(
            "/v1/dead-letters",
            lambda body: [i["id"] for i in body.get("items", ())] == [f"0-{n}" for n in range(8, 4, -1)],
            org="rival",
        )
        await gate.listed(1)


async def test_a_letter_that_no_page_shows_any_more_is_shown_and_sent_again(issuer, monkeypatch):
    monkeypatch.setattr(letters, "_KEPT_EACH", 1)
    async with opened(issuer) as gate:
        await gate.refused("a")
        await gate.refused("b")
        await gate.until("/v1/dead-letters", lambda body: [i["id"] for i in body.get("items", ())] == ["0-1"])
        assert (await gate.get("/v1/dead-letters/0-0")).json()["decoded"]["twin"] == "a"
        assert (await gate.get("/v1/dead-letters/0-0", org="rival")).status_code == 404
        assert (await gate.call("POST", "/v1/dead-letters/0-0/redrive")).status_code == 200
        assert decode(gate.bus.records(COMMANDS)[-1].value) == StartTwin("a")
