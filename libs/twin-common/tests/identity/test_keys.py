"""The issuer's keys over time."""

import asyncio

import pytest

from twin_common.identity import IssuerUnreachable, Unauthenticated
from twin_common.identity.keys import KeySet
from twin_common.identity.tokens import TokenGuard
from twin_common.mint import Mint
from twin_common.testing.issuer import ISSUER, PLATFORM, private_key


class Publisher:
    """What an issuer publishes, and how often it was asked."""

    def __init__(self, *mints):
        self.mints = list(mints)
        self.asked = 0
        self.away = False
        self.now = 0.0

    async def __call__(self):
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise IssuerUnreachable("nobody answers")
        return [key for mint in self.mints for key in mint.key_set()["keys"]]

    def keys(self):
        return KeySet(self, refresh_s=300.0, retry_s=3.0, monotonic=lambda: self.now)


@pytest.fixture
def old():
    return Mint(ISSUER, private_key())


@pytest.fixture
def new():
    return Mint(ISSUER, private_key(1))


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_many_who_ask_at_once_cause_one_fetch(old):
    publisher = Publisher(old)
    keys = publisher.keys()
    found = await asyncio.gather(*(keys.key(old.kid) for _ in range(50)))
    assert all(found)
    assert publisher.asked == 1


async def test_an_unknown_kid_is_looked_up_but_not_more_than_every_few_seconds(old, new):
    publisher = Publisher(old)
    keys = publisher.keys()
    assert await keys.key(old.kid)
    for number in range(100):
        assert await keys.key(f"unknown-{number}") is None
    assert publisher.asked == 1
    publisher.mints.append(new)
    publisher.now += 3.0
    assert await keys.key(new.kid)
    assert publisher.asked == 2


async def test_known_keys_serve_while_the_issuer_is_away(old):
    publisher = Publisher(old)
    keys = publisher.keys()
    await keys.key(old.kid)
    publisher.away = True
    publisher.now += 10_000
    for _ in range(3):
        assert await keys.key(old.kid)
        await settled()
        publisher.now += 4.0
    assert await keys.key("unknown") is None
    assert publisher.asked == 5
    await keys.close()


async def test_without_any_key_the_issuers_absence_is_a_reason_to_ask_again(old):
    publisher = Publisher(old)
    publisher.away = True
    keys = publisher.keys()
    for _ in range(20):
        with pytest.raises(IssuerUnreachable):
            await keys.key(old.kid)
    assert publisher.asked == 1
    publisher.away = False
    publisher.now += 3.0
    assert await keys.key(old.kid)


async def test_old_keys_are_refreshed_in_the_background(old, new):
    publisher = Publisher(old)
    keys = publisher.keys()
    await keys.key(old.kid)
    generation = keys.generation
    publisher.now += 301
    assert await keys.key(old.kid)
    await settled()
    assert (publisher.asked, keys.generation) == (2, generation)
    publisher.mints = [new]
    publisher.now += 301
    await keys.key(old.kid)
    await settled()
    assert keys.generation == generation + 1
    assert await keys.key(old.kid) is None


async def test_a_withdrawn_key_ends_what_was_remembered_of_its_tokens(old, new):
    publisher = Publisher(old)
    guard = TokenGuard(publisher.keys(), issuer=ISSUER, audience=old.audience, platform=PLATFORM)
    token = old.token(org="acme", actor="ada", roles=["twin-viewer"], now_s=1000)
    assert await guard.authenticate(token, 1000 * 10**9)
    publisher.mints = [new]
    publisher.now += 301
    await guard.authenticate(token, 1000 * 10**9)
    await settled()
    with pytest.raises(Unauthenticated, match="kid"):
        await guard.authenticate(token, 1000 * 10**9)


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"use": "enc"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"kid": None},
        {"kid": 7},
        {"n": "AQAB"},
        {"n": 7},
        {"e": ""},
        {"d": "AQAB"},
    ],
)
async def test_published_keys_of_other_kinds_are_passed_over(old, new, change):
    async def fetch():
        return [{**old.key_set()["keys"][0], **change}, "no key", None, *new.key_set()["keys"]]

    keys = KeySet(fetch)
    assert await keys.key(old.kid) is None
    assert await keys.key(new.kid)


async def test_the_first_key_of_an_id_counts(old, new):
    async def fetch():
        return [*old.key_set()["keys"], {**new.key_set()["keys"][0], "kid": old.kid}]

    found = await KeySet(fetch).key(old.kid)
    assert found.public_numbers() == old._key.public_key().public_numbers()
