"""Over HTTP: key sets, and tokens by client credentials."""

import base64
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from twin_common.identity import IssuerUnreachable, NoTokens, Unauthenticated, token_source
from twin_common.identity.credentials import ClientCredentials
from twin_common.identity.keys import published_at
from twin_common.settings import load_settings

EXPECTED = "Basic " + base64.b64encode(b"worker%2B1:se%3Acret").decode()


@asynccontextmanager
async def serving(handler):
    app = web.Application()

    async def route(request):
        return await handler(request)

    app.router.add_route("*", "/{path:.*}", route)
    async with TestServer(app) as server:
        yield str(server.make_url("/token"))


class Issuing:
    """A token endpoint: counts, checks, and can be away."""

    def __init__(self, life=100):
        self.asked = 0
        self.away = False
        self.life = life
        self.now = 0.0

    async def __call__(self, request):
        form = await request.post()
        if self.away:
            return web.Response(status=503)
        if request.headers["Authorization"] != EXPECTED:
            return web.json_response({"error": "invalid_client"}, status=401)
        assert form["grant_type"] == "client_credentials"
        self.asked += 1
        return web.json_response({"access_token": f"token-{self.asked}", "expires_in": self.life})

    def source(self, url, secret="se:cret"):
        return ClientCredentials(url, "worker+1", SecretStr(secret), monotonic=lambda: self.now)


async def test_a_token_is_asked_for_once_and_renewed_before_it_expires():
    issuing = Issuing()
    async with serving(issuing) as url:
        source = issuing.source(url)
        assert [await source.token() for _ in range(3)] == ["token-1"] * 3
        issuing.now = 80.0
        assert await source.token() == "token-2"


async def test_a_token_serves_to_its_end_while_the_issuer_is_away():
    issuing = Issuing()
    async with serving(issuing) as url:
        source = issuing.source(url)
        await source.token()
        issuing.away = True
        issuing.now = 99.0
        assert await source.token() == "token-1"
        issuing.now = 100.0
        with pytest.raises(IssuerUnreachable):
            await source.token()
        issuing.away = False
        assert await source.token() == "token-2"


async def test_a_wrong_secret_is_told_apart_from_a_missing_issuer():
    issuing = Issuing()
    async with serving(issuing) as url:
        with pytest.raises(Unauthenticated, match="invalid_client") as caught:
            await issuing.source(url, secret="wr0ng-one").token()
        assert "wr0ng-one" not in str(caught.value)
    with pytest.raises(IssuerUnreachable):
        await issuing.source(url).token()


@pytest.mark.parametrize("life", ["soon", -1, None, True, 1e400])
async def test_a_senseless_life_is_taken_for_a_short_one(life):
    issuing = Issuing(life)
    async with serving(issuing) as url:
        assert await issuing.source(url).token() == "token-1"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "text": "no JSON"},
        {"status": 200, "text": "[]"},
        {"status": 200, "text": '{"keys": {}}'},
        {"status": 200, "text": "[" * 100_000},
        {"status": 200, "text": '{"keys": [' + " " * 1_100_000 + "]}"},
        {"status": 404, "text": '{"keys": []}'},
        {"status": 302, "text": "", "headers": {"Location": "/elsewhere"}},
        {"status": 500, "text": '{"keys": []}'},
    ],
)
async def test_an_answer_that_is_no_key_set_leaves_the_keys_unknown(answer):
    async def handler(_request):
        return web.Response(**answer)

    async with serving(handler) as url:
        with pytest.raises(IssuerUnreachable):
            await published_at(url)()


async def test_a_key_set_is_fetched():
    async def handler(_request):
        return web.json_response({"keys": [{"kid": "a"}]})

    async with serving(handler) as url:
        assert await published_at(url)() == [{"kid": "a"}]


async def test_without_credentials_there_are_no_tokens():
    assert isinstance(token_source(load_settings(environ={})), NoTokens)
    assert await NoTokens().token() is None
    environ = {"HANZO_TWIN_AUTH_CLIENT_ID": "a", "HANZO_TWIN_AUTH_CLIENT_SECRET": "b"}
    assert isinstance(token_source(load_settings(environ=environ)), ClientCredentials)
