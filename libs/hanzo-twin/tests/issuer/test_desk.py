"""Who gets which token."""

from base64 import b64encode

import jwt
import pytest

from hanzo_twin.issuer.config import Client, IssuerConfig
from hanzo_twin.issuer.desk import LONGEST_S, Desk, Refusal
from twin_common.mint import Mint
from twin_common.testing.issuer import ISSUER, private_key

FORM = {"grant_type": "client_credentials"}
CLIENTS = {
    "developer": Client("dev-secret", "local", "twin-admin", chooses=True),
    "sim-worker": Client("worker-secret", "local", "twin-service"),
    "empty": Client("", "local", "twin-admin"),
}


@pytest.fixture
def desk():
    return Desk(Mint(ISSUER, private_key()), CLIENTS)


def basic(name, secret):
    return "Basic " + b64encode(f"{name}:{secret}".encode()).decode()


def said(answer):
    return jwt.decode(answer["access_token"], options={"verify_signature": False})


def test_a_service_gets_a_token_of_its_own(desk):
    answer = desk.grant(FORM, basic("sim-worker", "worker-secret"), 1000.0)
    claims = said(answer)
    assert (claims["sub"], claims["org"], claims["roles"]) == ("sim-worker", "local", ["twin-service"])
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 3600
    assert (claims["iss"], claims["aud"]) == (ISSUER, "hanzo-twin")


def test_the_developer_may_choose_who_to_be(desk):
    asked = {"org": "acme", "role": "twin-viewer twin-operator", "actor": "ada", "ttl": "60"}
    claims = said(desk.grant(FORM | asked, basic("developer", "dev-secret"), 1000.0))
    assert (claims["sub"], claims["org"], claims["roles"]) == (
        "ada",
        "acme",
        ["twin-viewer", "twin-operator"],
    )
    assert claims["exp"] == 1060


def test_a_client_may_name_itself_in_the_form(desk):
    named = {"client_id": "developer", "client_secret": "dev-secret"}
    assert said(desk.grant(FORM | named, None, 0.0))["sub"] == "developer"


def test_every_token_has_an_id_of_its_own(desk):
    first, second = (said(desk.grant(FORM, basic("developer", "dev-secret"), 0.0)) for _ in range(2))
    assert first["jti"] != second["jti"]


@pytest.mark.parametrize(
    ("form", "authorization", "code"),
    [
        (FORM, None, "invalid_client"),
        (FORM, basic("developer", "wrong"), "invalid_client"),
        (FORM, basic("nobody", "dev-secret"), "invalid_client"),
        (FORM, basic("nobody", ""), "invalid_client"),
        (FORM, basic("empty", ""), "invalid_client"),
        (FORM, "Basic !", "invalid_client"),
        (FORM, "Bearer " + b64encode(b"developer:dev-secret").decode(), "invalid_client"),
        ({}, basic("developer", "dev-secret"), "unsupported_grant_type"),
        (FORM | {"org": "acme"}, basic("sim-worker", "worker-secret"), "invalid_request"),
        (FORM | {"role": "twin-admin"}, basic("sim-worker", "worker-secret"), "invalid_request"),
        (FORM | {"org": "A b"}, basic("developer", "dev-secret"), "invalid_request"),
        (FORM | {"role": "root"}, basic("developer", "dev-secret"), "invalid_request"),
        (FORM | {"actor": "a\nb"}, basic("developer", "dev-secret"), "invalid_request"),
        (FORM | {"ttl": "0"}, basic("developer", "dev-secret"), "invalid_request"),
        (FORM | {"ttl": "1.5"}, basic("developer", "dev-secret"), "invalid_request"),
        (FORM | {"ttl": str(LONGEST_S + 1)}, basic("developer", "dev-secret"), "invalid_request"),
    ],
)
def test_everybody_else_gets_none(desk, form, authorization, code):
    with pytest.raises(Refusal) as caught:
        desk.grant(form, authorization, 0.0)
    assert caught.value.code == code


def test_the_configuration_is_read_as_it_was_written(tmp_path):
    config = IssuerConfig("http://127.0.0.1:1", 1, "key.pem", CLIENTS)
    (tmp_path / "c.json").write_text(config.dumps())
    assert IssuerConfig.read(tmp_path / "c.json") == config
