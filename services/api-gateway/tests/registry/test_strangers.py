"""Without a token nobody keeps the gateway busy through the registry's paths."""

import json

import pytest

from api_gateway.domain.registry import Registry
from api_gateway.handlers.registry_bodies import MAX_BYTES

SUBJECT = "hanzo.twin.StartTwin"
PATHS = [f"/subjects/{SUBJECT}", f"/subjects/{SUBJECT}/versions"]


def longest():
    known = Registry.of_catalogue("hanzo.twin")
    return max(len(json.dumps({"schema": known.versions(name)[-1].schema})) for name in known.subjects())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body", [b"[" * 60_000, json.dumps({"schema": "[" * 60_000}).encode()], ids=["the body", "the schema"]
)
async def test_what_is_nested_too_deeply_is_an_invalid_schema(bed, path, body):
    answer = await bed.client.post(path, content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42201)


@pytest.mark.parametrize("path", PATHS)
async def test_a_long_body_is_refused_before_it_is_parsed(bed, path):
    answer = await bed.client.post(path, json={"schema": " " * MAX_BYTES})
    assert (answer.status_code, answer.json()["error_code"]) == (413, 41300)
    assert longest() < MAX_BYTES / 2


async def test_one_address_may_look_up_so_many_schemas(bed):
    answers = [await bed.client.post(PATHS[0], json={"schema": "{}"}) for _ in range(500)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error_code"] == 42900
    assert int(refused.headers["Retry-After"]) >= 1


async def test_half_a_body_is_told_as_such(bed):
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": PATHS[0],
        "raw_path": PATHS[0].encode(), "query_string": b"", "headers": [], "client": ("127.0.0.1", 1),
        "server": ("gateway", 80), "scheme": "http", "root_path": "",
    }  # fmt: skip
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await bed.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert b"the connection ended" in sent[1]["body"]
