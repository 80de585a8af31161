"""What can't be a request: typed problems, and nothing half done."""

import httpx
import pytest
from gateway_support.bed import YAML


async def test_an_unknown_path_and_a_wrong_method_are_problems(bed):
    missing = await bed.client.get("/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    wrong = await bed.client.put("/v1/twins")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"


async def test_a_wrong_content_type_is_refused_with_those_that_are_taken(bed):
    refused = await bed.post("/v1/twins", content=b"x", headers={"content-type": "text/plain"})
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type")
    assert "application/yaml" in refused.json()["detail"]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff"])
async def test_what_is_no_json_object_is_refused(bed, body):
    json = {"content-type": "application/json"}
    for answer in (
        await bed.call("PATCH", "/v1/twins/arm", content=body, headers=json),
        await bed.post("/v1/twins", content=body, headers=json),
        await bed.post("/v1/twins/arm/start", content=body, headers=json),
    ):
        assert answer.status_code in (400, 422), answer.text
    assert bed.owner.commands == []


async def test_an_unknown_field_is_named(bed):
    refused = await bed.post("/v1/twins/arm/start", json={"reson": "x"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "reson", "line": None, "message": "unknown field"}]


@pytest.mark.parametrize("tag", ["7", '"seven"', '"1", "2"'])
async def test_a_header_that_is_no_tag_of_a_twin_is_a_bad_request(bed, tag):
    refused = await bed.call("PATCH", "/v1/twins/arm", json={"tags": []}, headers={"if-match": tag})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert refused.json()["errors"][0]["field"] == "If-Match"


async def test_a_definition_sent_as_json_alone_is_answered_with_the_shape_that_is_wanted(bed):
    refused = await bed.post("/v1/twins", json={"name": "arm"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert '{"definition":{"' in refused.json()["remedy"]


async def test_what_is_wrong_in_json_names_neither_a_file_nor_lines(bed):
    refused = await bed.post("/v1/twins", json={"definition": {"name": "arm"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_definition")
    assert "twin.yaml" not in refused.text and "(line" not in refused.text
    assert "engine: is missing" in refused.json()["detail"]


async def test_a_slash_too_many_is_a_path_that_is_not_there(bed):
    assert (await bed.get("/v1/twins/")).status_code == 404


async def test_a_body_over_the_limit_is_refused_whether_announced_or_not(bed):
    big = b"#" * 1_000_001

    async def pieces():
        for _ in range(20):
            yield big[:100_000]

    for content in (big, pieces()):
        refused = await bed.post("/v1/twins", content=content, headers=YAML)
        assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    assert bed.owner.commands == []


async def test_an_idempotency_key_has_a_length(bed):
    refused = await bed.post("/v1/twins/arm/start", headers={"idempotency-key": "k" * 201})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("given", ["a b", "x" * 129, "ü"])
async def test_a_request_id_that_could_be_anything_is_replaced(bed, given):
    answer = await bed.client.get("/alive", headers={"x-request-id": given.encode()})
    assert answer.headers["x-request-id"] not in ("", given)


async def test_a_fault_of_ours_tells_nothing_of_itself(bed):
    async def broken(*_, **__):
        raise RuntimeError("secret")

    bed.app.state.parts.asking.control = broken
    failed = await bed.create("arm")
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    assert "secret" not in failed.text


async def test_a_caller_who_asks_too_fast_is_slowed_down(memory_bus, issuer):
    from gateway_support.bed import opened

    async with opened(memory_bus, issuer, rate_per_s=0.001, rate_burst=2) as bed:
        answers = [await bed.get("/v1/whoami") for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 900
        assert (await bed.get("/v1/whoami", actor="bob")).status_code == 200


async def test_a_caller_who_leaves_in_the_middle_of_a_body_changes_nothing(bed):
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/twins",
        "raw_path": b"/v1/twins",
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {bed.issuer.token(org='acme')}".encode()),
            (b"content-type", b"application/yaml"),
        ],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("gateway", 80),
        "root_path": "",
    }
    messages = [{"type": "http.request", "body": b"name: a", "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await bed.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert bed.owner.commands == []
    assert isinstance(bed.client, httpx.AsyncClient)


@pytest.mark.parametrize(("path", "status"), [("/v1/twins", 422), ("/v1/nothing", 404)])
async def test_a_query_that_is_no_text_is_refused_as_any_other(bed, path, status):
    async def garbled(scope, receive, send):
        await bed.app({**scope, "query_string": b"li\xffmit=1"}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(garbled), base_url="http://gateway") as client:
        refused = await client.get(path)
    assert (refused.status_code, refused.json()["instance"]) == (status, path)
