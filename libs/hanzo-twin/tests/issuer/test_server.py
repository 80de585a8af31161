"""The issuer over HTTP."""

import http.client
import json
import threading

import pytest

from hanzo_twin.issuer.__main__ import private_key as kept_key
from hanzo_twin.issuer.config import Client
from hanzo_twin.issuer.desk import Desk
from hanzo_twin.issuer.server import make_server
from twin_common.mint import Mint
from twin_common.testing.issuer import private_key


@pytest.fixture(scope="module")
def port():
    mint = Mint("http://127.0.0.1:1", private_key())
    server = make_server(0, mint, Desk(mint, {"developer": Client("secret", "local", "twin-admin", True)}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(port):
    def ask(method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text), dict(answer.getheaders())

    return ask


GOOD = "grant_type=client_credentials&client_id=developer&client_secret=secret"


def test_a_token_is_given_and_must_not_be_stored(ask):
    status, answer, headers = ask("POST", "/token", GOOD)
    assert (status, answer["token_type"], headers["Cache-Control"]) == (200, "Bearer", "no-store")


def test_the_key_is_published_and_the_private_one_is_not(ask):
    status, answer, _ = ask("GET", "/.well-known/jwks.json")
    assert status == 200
    assert {"kty", "kid", "n", "e"} <= set(answer["keys"][0])
    assert not {"d", "p", "q"} & set(answer["keys"][0])


def test_discovery_says_where_everything_is(ask):
    answer = ask("GET", "/.well-known/openid-configuration")[1]
    assert answer["token_endpoint"] == answer["issuer"] + "/token"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/", None, {}, 404),
        ("GET", "/token", None, {}, 404),
        ("POST", "/elsewhere", GOOD, {}, 404),
        ("POST", "/token", GOOD.replace("secret=s", "secret=x"), {}, 401),
        ("POST", "/token", GOOD + "&org=a&org=b", {}, 400),
        ("POST", "/token", "no form", {}, 400),
        ("POST", "/token", b"a=\xff", {}, 400),
        ("POST", "/token", "a=" + "b" * 20_000, {}, 400),
        ("POST", "/token", None, {"Content-Length": "-1"}, 400),
        ("POST", "/token", None, {"Content-Length": "²"}, 400),
    ],
)
def test_whatever_else_is_asked_is_refused(ask, method, path, body, headers, status):
    assert ask(method, path, body, headers)[0] == status


def test_the_private_key_is_made_once_and_is_its_owners(tmp_path):
    file = tmp_path / "issuer" / "key.pem"
    first = kept_key(file)
    assert kept_key(file) == first
    assert file.stat().st_mode & 0o777 == 0o600
