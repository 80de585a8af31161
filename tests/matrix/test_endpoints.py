"""Every endpoint, for every role, on one's own things and on another organisation's."""

import json
import re

import pytest
from platform_support.gateway import operations
from platform_support.running import definition
from rights import ACTIONS, ENDPOINTS, OPEN, ROLES

OWN, OTHER, NOBODYS, SERVICES = "own", "other", "nobody's", "the platform's"
NAMES = {
    OWN: {"ref": "arm", "letter": "0-0"},
    OTHER: {"ref": "rivals-arm", "letter": "0-1"},
    NOBODYS: {"ref": "nobody-arm", "letter": "0-9"},
    SERVICES: {"ref": "locals-arm", "letter": "0-2"},
}
COMMAND = "019aa7c1-61b4-7e02-8a55-90c1d2e3f401"
BODIES = {
    ("POST", "/v1/twins"): {
        "definition": {
            "name": "new",
            "scene": {"uri": "scene:arm"},
            "engine": {"type": "mujoco"},
            "sync": {"mode": "standalone", "rate_hz": 1},
        },
        "scene": "arm",
    },
    ("PATCH", "/v1/twins/{ref}"): {"tags": ["a"]},
    ("POST", "/v1/twins/{ref}/joint-command"): {
        "targets": {"/World/Arm/elbow": {"mode": "position", "value": 0.2}}
    },
    ("POST", "/v1/twins/{ref}/reset"): {"to_initial": True},
    ("POST", "/v1/twins/{ref}/rate"): {"rate_hz": 10, "reason": "test"},
    ("POST", "/v1/scenes"): {"name": "new", "digest": "0" * 64, "file": "a.usda", "size": 1},
    ("POST", "/v1/scenes/uploads"): {"digest": "0" * 64, "size": 1},
    ("POST", "/v1/scenes/{ref}/validate"): {"engine": "mujoco"},
    ("POST", "/v1/scenes/{ref}/proposals/{proposal}"): {"accept": True, "note": "test"},
}
WITHOUT = {
    ("GET", "/v1/twins/{ref}/state"): "worker_silent",
    ("GET", "/v1/scenes/{ref}/download"): "gone",
    ("POST", "/v1/scenes"): "upload_missing",
}
"""What the door alone says, without workers and files, to whoever may ask; everything else succeeds or is pending."""

ABOUT_A_THING = [
    operation
    for operation in ENDPOINTS
    if "{ref}" in operation[1] or operation[1].startswith("/v1/dead-letters/")
]

CHANGES = [op for op in ENDPOINTS if op[0] != "GET" and op[1].startswith("/v1/twins/{ref}")]
NOBODYS_ID = "0199a63c-2d5e-7c41-9f3a-b26d8e4f1a99"


def ask(gateway, operation, role, whose=OWN):
    method, path = operation
    names = NAMES[whose]
    by_id = names["letter"] if "dead-letters" in path else COMMAND
    filled = path.format(ref=names["ref"], id=by_id, number="1", proposal=COMMAND)
    org = "local" if role == "twin-service" else "acme"
    options = {"params": {"org": org}} if operation == ("GET", "/v1/twins") else {}
    if method not in ("GET", "DELETE"):
        options["json"] = BODIES.get(operation, {})
    token = gateway.issuer.token(org=org, role=role)
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "same"}
    with gateway.http.stream(method, filled, headers=headers, **options) as answer:
        content = b"" if answer.headers["content-type"].startswith("text/event-stream") else answer.read()
    return answer, content


def test_every_endpoint_has_its_row():
    assert set(operations()) - OPEN == set(ENDPOINTS)


def test_every_action_of_an_endpoint_has_its_roles():
    assert set(ENDPOINTS.values()) <= set(ACTIONS)


@pytest.mark.parametrize("operation", ENDPOINTS, ids=" ".join)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_the_table_says(gateway, operation, role):
    answer, content = ask(gateway, operation, role, SERVICES if role == "twin-service" else OWN)
    if role in ACTIONS[ENDPOINTS[operation]]:
        code = None if answer.is_success else json.loads(content)["code"]
        assert code == WITHOUT.get(operation)
    else:
        assert (answer.status_code, json.loads(content)["code"]) == (403, "forbidden")


@pytest.mark.parametrize("operation", ABOUT_A_THING, ids=" ".join)
@pytest.mark.parametrize("role", ROLES)
def test_what_is_another_organizations_is_answered_like_what_is_nobodys(gateway, operation, role):
    other, other_content = ask(gateway, operation, role, OTHER)
    nobodys, nobodys_content = ask(gateway, operation, role, NOBODYS)
    assert other.status_code in (202, 403, 404)  # 202: the owner decides, which the next test shows
    assert (other.status_code, _headers(other)) == (nobodys.status_code, _headers(nobodys))
    assert _neutral(other_content) == _neutral(nobodys_content)


@pytest.mark.parametrize("operation", CHANGES, ids=" ".join)
def test_the_owner_answers_alike_for_what_is_another_organizations_and_what_is_nobodys(
    platform, rival, operation
):
    method, path = operation
    options = {} if method == "DELETE" else {"json": BODIES.get(operation, {})}
    headers = {"X-Request-Id": "same"}
    other, nobodys = (
        platform.call(method, path.format(ref=ref, number="1", proposal=COMMAND), headers=headers, **options)
        for ref in (rival, NOBODYS_ID)
    )
    assert other.status_code == 404
    assert _headers(other) == _headers(nobodys)
    assert other.text.replace(rival, NOBODYS_ID) == nobodys.text


@pytest.fixture(scope="module")
def rival(platform):
    """Id of another organisation's twin."""
    platform.scene("rival-endpoints", "rival")
    body = {"definition": definition("rival-endpoints"), "scene": "rival-endpoints"}
    return platform.call("POST", "/v1/twins", org="rival", json=body).json()["id"]


@pytest.mark.parametrize("path", ["/v1/twins", "/v1/scenes", "/v1/dead-letters", "/v1/audit"])
def test_a_list_tells_nothing_of_another_organization(gateway, path):
    answer, content = ask(gateway, ("GET", path), "twin-admin")
    text = content + repr(_headers(answer)).encode()
    assert answer.status_code == 200
    if path == "/v1/audit":  # it has what was asked for by the tests above
        assert {item["actor"] for item in json.loads(content)["items"]} <= {"tester", "ann"}
    else:
        assert b"rival" not in text
        assert len(json.loads(content)["items"]) == 1


@pytest.mark.parametrize("operation", ENDPOINTS, ids=" ".join)
def test_without_a_token_nothing_is_done_and_the_answer_says_how_to_send_one(gateway, operation):
    method, path = operation
    answer = gateway.http.request(method, path.format(ref="arm", id=COMMAND, number="1", proposal=COMMAND))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def _neutral(content):
    """An answer without what the caller has written, and without the fresh id of a command."""
    text = content.replace(b"rivals-arm", b"nobody-arm").replace(b"0-1", b"0-9")
    return re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"<id>", text)


def _headers(answer):
    passing = ("date", "x-request-id", "ratelimit", "location")
    return {name: value for name, value in answer.headers.items() if name not in passing}
