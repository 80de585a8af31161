"""Tokens that prove nothing are refused, over HTTP and on the bus alike."""

import base64
import hashlib
import hmac
import json
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization as form
from jwt.algorithms import RSAAlgorithm
from platform_support.line import Line

from twin_common.mint import Mint
from twin_schemas.records import StopTwin


@pytest.fixture(scope="module")
def genuine(platform):
    """A good token of the platform's issuer and the issuer's published key."""
    keys = httpx.get(f"{platform.connection.issuer_url.rstrip('/')}/.well-known/jwks.json").json()["keys"]
    return platform.token(), keys[0]


@pytest.fixture(scope="module")
def line(platform):
    opened = Line(platform)
    yield opened
    opened.close()


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(token, **changes):
    return jwt.decode(token, options={"verify_signature": False}) | changes


def unsigned(token, key):
    """Says that it needs no signature."""
    return f"{part({'alg': 'none', 'kid': key['kid']})}.{part(claims(token))}."


def confused(token, key):
    """Signed with the public key as if it were a shared secret."""
    public = RSAAlgorithm.from_jwk(key)
    secret = public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    text = f"{part({'alg': 'HS256', 'kid': key['kid']})}.{part(claims(token))}"
    signed = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"


def altered(token, key):
    """Another organisation under the genuine signature."""
    head, _, signature = token.split(".")
    return f"{head}.{part(claims(token, org='rival', roles=['twin-admin']))}.{signature}"


def strange(token, key):
    """Signed by somebody else under the genuine key's name."""
    return Mint.new(claims(token)["iss"]).sign(claims(token), {"kid": key["kid"]})


def own_key(token, key):
    """Brings the key that proves it."""
    mint = Mint.new(claims(token)["iss"])
    return mint.sign(claims(token), {"kid": mint.kid, "jwk": mint.key_set()["keys"][0]})


def cut(token, key):
    """Without its signature."""
    return token.rpartition(".")[0] + "."


ATTACKS = (unsigned, confused, altered, strange, own_key, cut)
ELSEWHERE = {"other audience": {"aud": "hanzo-mail"}, "other issuer": {"iss": "https://issuer.example.com"}}
"""What a token for something else says, under the genuine key's signature."""


@pytest.fixture(scope="module", params=ELSEWHERE)
def elsewhere(request, platform, genuine):
    token, key = genuine
    private = (platform.stack.home.data / "issuer" / "private-key.pem").read_text()
    mint = Mint(claims(token)["iss"], private)
    assert mint.kid == key["kid"]
    return mint.sign(claims(token, **ELSEWHERE[request.param]))


def test_a_token_for_something_else_is_refused_over_http(platform, elsewhere):
    answer = platform.call("GET", "/v1/twins", token=elsewhere)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "`aud`" in answer.json()["detail"] or "`iss`" in answer.json()["detail"]


def test_a_token_for_something_else_is_refused_on_the_bus(line, elsewhere):
    answer = line.ask("control.commands", StopTwin(twin="nobody"), key="nobody", token=elsewhere)
    assert (type(answer).__name__, answer.code) == ("ControlRefused", "unauthenticated")
    assert "`aud`" in answer.message or "`iss`" in answer.message


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_false_token_is_refused_over_http(platform, genuine, attack):
    answer = platform.call("GET", "/v1/twins", token=attack(*genuine))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_false_token_is_refused_on_the_bus(line, genuine, attack):
    answer = line.ask("control.commands", StopTwin(twin="nobody"), key="nobody", token=attack(*genuine))
    assert (type(answer).__name__, answer.code) == ("ControlRefused", "unauthenticated")


def test_a_genuine_token_is_not_what_they_are_refused_for(platform, line, genuine):
    assert platform.call("GET", "/v1/twins", token=genuine[0]).status_code == 200
    answer = line.ask("control.commands", StopTwin(twin="nobody"), key="nobody", token=genuine[0])
    assert answer.code == "twin_not_found"


def test_an_expired_token_is_refused_over_http_and_on_the_bus(platform, line):
    form = {
        "grant_type": "client_credentials",
        "client_id": platform.connection.developer_client_id,
        "client_secret": platform.connection.developer_client_secret,
        "ttl": "1",
    }
    url = f"{platform.connection.issuer_url.rstrip('/')}/token"
    token = httpx.post(url, data=form).raise_for_status().json()["access_token"]
    platform.until(
        lambda: platform.call("GET", "/v1/whoami", token=token).status_code, lambda code: code == 401
    )
    assert claims(token)["exp"] < time.time()
    answer = line.ask("control.commands", StopTwin(twin="nobody"), key="nobody", token=token)
    assert answer.code == "unauthenticated"
