"""Tokens are renewed in time, and never shown."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_api import TWIN, Api

from hanzo_twin.client import ClientCredentials, Unauthenticated, Unexpected, Unreachable
from hanzo_twin.client.calls import twins
from hanzo_twin.client.tokens import Given

ISSUER = "http://issuer.test/token"


def account() -> ClientCredentials:
    return ClientCredentials(ISSUER, "robot", "hush", {"org": "acme"})


def test_a_token_is_asked_once_and_used_until_it_expires(api: Api, carry_with: Any) -> None:
    api.says(200, {"access_token": "t1", "expires_in": 3600}).says(200, TWIN)
    credentials = account()
    for _ in range(2):
        carry_with(token=credentials)(twins.get_twin("arm"))
    assert [request.url.host for request in api.requests] == ["issuer.test", "api.test", "api.test"]
    assert api.bodies[0] == b"grant_type=client_credentials&client_id=robot&client_secret=hush&org=acme"


def test_a_token_that_has_expired_is_asked_again(api: Api, carry_with: Any) -> None:
    api.says(200, {"access_token": "t1", "expires_in": 0}).says(200, TWIN)
    api.says(200, {"access_token": "t2", "expires_in": 3600}).says(200, TWIN)
    credentials = account()
    for _ in range(2):
        carry_with(token=credentials)(twins.get_twin("arm"))
    assert [request.headers.get("authorization") for request in api.requests[1::2]] == [
        "Bearer t1",
        "Bearer t2",
    ]


def test_an_unknown_client_is_said_so_without_its_secret(api: Api, carry_with: Any) -> None:
    api.says(401, {"error": "invalid_client"})
    with pytest.raises(Unauthenticated, match="gives no token to client 'robot'") as raised:
        carry_with(token=account())(twins.get_twin("arm"))
    assert "hush" not in str(raised.value)


def test_an_issuer_that_is_away_is_said_so(api: Api, carry_with: Any) -> None:
    api.breaks()
    with pytest.raises(Unreachable, match=r"issuer\.test"):
        carry_with(token=account())(twins.get_twin("arm"))


@pytest.mark.parametrize(("status", "body"), [(200, {}), (200, []), (500, None), (200, None)])
def test_an_issuer_that_says_something_else_is_said_so(
    api: Api, carry_with: Any, status: int, body: Any
) -> None:
    api.says(status, body)
    with pytest.raises(Unexpected, match="no token"):
        carry_with(token=account())(twins.get_twin("arm"))


def test_no_token_means_no_header(api: Api, carry_with: Any) -> None:
    api.says(200, TWIN)
    carry_with()(twins.get_twin("arm"))
    assert "authorization" not in api.requests[0].headers


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(account())
    assert "hush" not in repr(Given("hush"))
