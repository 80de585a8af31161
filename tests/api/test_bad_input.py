"""What is wrong with a request is told as a typed problem, and nothing is half done."""

import socket
import uuid
from urllib.parse import urlsplit

import pytest
from platform_support.running import definition


@pytest.fixture(scope="module")
def arm(platform):
    """A running twin."""
    platform.call("POST", "/v1/twins", json=creation("bad-arm")).raise_for_status()
    platform.call("POST", "/v1/twins/bad-arm/start").raise_for_status()
    return platform.until(lambda: platform.twin("bad-arm"), lambda twin: twin.get("phase") == "running")


def creation(name, **more):
    return {"definition": definition(name), "scene": "pendulum", **more}


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    assert body["remedy"]
    return answer.status_code, body["code"]


def test_a_name_is_taken_once(platform, arm):
    assert problem(platform.call("POST", "/v1/twins", json=creation("bad-arm"))) == (409, "name_unavailable")


def test_a_name_of_another_organization_is_taken_too(platform, arm):
    platform.scene("bad-rival", "rival")
    body = creation("bad-arm") | {"scene": "bad-rival"}
    assert problem(platform.call("POST", "/v1/twins", org="rival", json=body)) == (409, "name_unavailable")


def test_a_stale_etag_changes_nothing(platform, arm):
    stale = f'"{arm["revision"] - 1}-0"'
    answer = platform.call("PATCH", "/v1/twins/bad-arm", json={"tags": ["x"]}, headers={"If-Match": stale})
    assert problem(answer) == (412, "revision_conflict")
    assert platform.twin("bad-arm")["tags"] == arm["tags"]


def test_an_idempotency_key_stands_for_one_request(platform):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = platform.call("POST", "/v1/twins", json=creation("bad-key"), headers=key)
    again = platform.call("POST", "/v1/twins", json=creation("bad-key"), headers=key)
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 201, first.json()["id"])
    other = platform.call("POST", "/v1/twins", json=creation("bad-key-2"), headers=key)
    assert problem(other) == (422, "idempotency_conflict")
    assert platform.twin("bad-key-2") == {}


def test_a_running_twin_is_not_started(platform, arm):
    assert problem(platform.call("POST", "/v1/twins/bad-arm/start")) == (409, "already_running")
    assert platform.twin("bad-arm")["revision"] == arm["revision"]


def test_unknown_fields_are_named(platform):
    answer = platform.call("POST", "/v1/twins", json=creation("bad-field", colour="red"))
    assert problem(answer)[0] == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["colour"]
    text = definition("bad-field") + "colour: red\n"
    answer = platform.call("POST", "/v1/twins", content=text, headers={"Content-Type": "application/yaml"})
    assert problem(answer)[0] == 422
    assert ("colour", 5) in [(error["field"], error["line"]) for error in answer.json()["errors"]]


def test_another_content_type_is_not_guessed(platform):
    answer = platform.call("POST", "/v1/twins", content=b"<twin/>", headers={"Content-Type": "text/xml"})
    assert problem(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("leave", ["half", "nothing"])
def test_a_connection_that_drops_in_the_middle_of_a_body_leaves_nothing(platform, leave):
    address = urlsplit(platform.connection.api_url)
    body = b'{"definition": ' if leave == "half" else b""
    head = (
        f"POST /v1/twins HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {platform.token()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    )
    before = platform.call("GET", "/v1/twins").json()
    with socket.create_connection((address.hostname, address.port)) as half:
        half.sendall(head.encode() + body)
    names = {twin["name"] for twin in platform.call("GET", "/v1/twins").json()["items"]}
    assert names == {twin["name"] for twin in before["items"]}
