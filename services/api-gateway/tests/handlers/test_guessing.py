"""Tokens can't be guessed without end."""

import httpx
import pytest
from gateway_support.bed import opened


@pytest.fixture
async def bed(memory_bus, issuer):
    async with opened(memory_bus, issuer, rate_per_s=0.001, rate_burst=3) as running:
        yield running


def someone_at(bed, address):
    transport = httpx.ASGITransport(bed.app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def asked(client, *headers):
    answers = [
        await client.get("/v1/whoami", headers={"authorization": each} if each else {}) for each in headers
    ]
    return [answer.status_code for answer in answers]


async def test_an_address_whose_tokens_prove_nothing_is_slowed_down(bed):
    async with someone_at(bed, "10.0.0.1") as stranger, someone_at(bed, "10.0.0.2") as other:
        guesses = ["Bearer a.b.c", "Basic YTpi", None, "Bearer a.b.d"]
        assert await asked(stranger, *guesses) == [401, 401, 401, 429]
        assert await asked(other, "Bearer a.b.c") == [401]
        late = await stranger.get("/v1/whoami")
        assert (late.json()["code"], int(late.headers["retry-after"]) > 900) == ("too_many_requests", True)


async def test_no_further_guess_is_told_good_from_bad_there_while_known_tokens_go_on_working(bed):
    known, fresh = (f"Bearer {bed.issuer.token(org='acme', actor=actor)}" for actor in ("ann", "bob"))
    async with someone_at(bed, "10.0.0.1") as stranger:
        assert await asked(stranger, known) == [200]
        assert await asked(stranger, *["Bearer a.b.c"] * 3) == [401] * 3
        assert await asked(stranger, fresh, known) == [429, 200]


async def test_one_ipv6_host_is_one_stranger_whatever_address_it_takes(bed):
    statuses = []
    for last in range(4):
        async with someone_at(bed, f"2001:db8::{last}") as stranger:
            statuses += await asked(stranger, "Bearer a.b.c")
    assert statuses == [401, 401, 401, 429]
    async with someone_at(bed, "2001:db8:0:1::1") as other:
        assert await asked(other, "Bearer a.b.c") == [401]
