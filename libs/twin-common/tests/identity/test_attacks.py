"""Tokens that must be refused, whatever they claim."""

import base64
import contextlib
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from twin_common.identity import Unauthenticated
from twin_common.identity.claims import LONGEST, read_claims, read_header
from twin_common.mint import Mint
from twin_common.testing.issuer import ISSUER, InMemoryIssuer, private_key


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forged(header, claims, signature=b"x"):
    return f"{part(header)}.{part(claims)}.{part(signature)}"


@pytest.fixture
def refused(guard, now_ns):
    async def refused(token, words=None):
        for _ in range(2):  # the second time from memory
            with pytest.raises(Unauthenticated, match=words) as caught:
                await guard.authenticate(token, now_ns)
            assert caught.value.code == "unauthenticated"

    return refused


@pytest.fixture
def sign(issuer):
    return issuer.mint.sign


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "RS384", "PS256", "ES256", None, 256])
async def test_another_algorithm(refused, issuer, claims, alg):
    header = {"alg": alg, "kid": issuer.mint.kid, "typ": "JWT"}
    await refused(forged(header, claims()), "RS256")
    await refused(f"{part(header)}.{part(claims())}.")


@pytest.mark.parametrize(
    "form", [serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1]
)
async def test_key_confusion_an_hmac_with_the_public_key(refused, issuer, claims, form):
    secret = issuer.mint._key.public_key().public_bytes(serialization.Encoding.PEM, form)
    for alg in ("HS256", "RS256"):
        signed = f"{part({'alg': alg, 'kid': issuer.mint.kid})}.{part(claims())}"
        await refused(f"{signed}.{part(hmac.digest(secret, signed.encode(), hashlib.sha256))}")


async def test_somebody_elses_key_under_the_issuers_kid(refused, issuer, claims):
    other = Mint(ISSUER, private_key(1))
    await refused(other.sign(claims(), {"kid": issuer.mint.kid}), "signature")


async def test_somebody_elses_kid(refused, claims):
    await refused(Mint(ISSUER, private_key(1)).sign(claims()), "kid")


async def test_no_kid(refused, sign, claims):
    await refused(sign(claims(), {"kid": ""}), "kid")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit"])
async def test_a_token_that_brings_its_own_key(refused, issuer, claims, name):
    attacker = Mint(ISSUER, private_key(1))
    value = attacker.key_set()["keys"][0] if name == "jwk" else "http://127.0.0.1:1/keys"
    header = {"alg": "RS256", "kid": issuer.mint.kid, name: value}
    signed = attacker.sign(claims(), {"kid": issuer.mint.kid}).split(".")
    await refused(f"{part(header)}.{signed[1]}.{signed[2]}", name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"aud": "another-service"}, "aud"),
        ({"aud": ["a", "b"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": {"hanzo-twin": 1}}, "aud"),
        ({"iss": "https://hanzo.id"}, "iss"),
        ({"iss": ISSUER + "/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"org": None}, "org"),
        ({"org": ""}, "org"),
        ({"org": "Acme"}, "org"),
        ({"org": "acme\n"}, "org"),
        ({"org": ["acme"]}, "org"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "a\x00b"}, "sub"),
        ({"sub": "a" * 201}, "sub"),
        ({"jti": None}, "jti"),
        ({"roles": None}, "roles"),
        ({"roles": "twin-admin"}, "roles"),
        ({"roles": ["twin-admin", 1]}, "roles"),
        ({"exp": None}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": "9999999999"}, "exp"),
        ({"exp": 1e300}, "exp"),
        ({"exp": float("inf")}, "JSON"),
        ({"iat": None}, "iat"),
        ({"iat": -1}, "iat"),
        ({"nbf": "now"}, "nbf"),
    ],
)
async def test_a_claim_that_is_missing_or_wrong(refused, sign, claims, changes, words):
    await refused(sign(claims(**changes)), words)


async def test_an_expired_token(refused, sign, claims, now_ns):
    then = now_ns // 1_000_000_000 - 1000
    await refused(sign(claims(iat=then, exp=then + 600)), "expired")


async def test_a_claim_said_twice(refused, issuer, claims):
    doubled = json.dumps(claims())[:-1].encode() + b', "org": "victim"}'
    signed = f"{part({'alg': 'RS256', 'kid': issuer.mint.kid})}.{part(doubled)}"
    # signed well: only its form is wrong
    signature = issuer.mint._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    await refused(f"{signed}.{part(signature)}", "twice")


async def test_a_header_said_twice(refused, issuer, claims):
    header = b'{"alg": "none", "alg": "RS256", "kid": "' + issuer.mint.kid.encode() + b'"}'
    await refused(forged(header, claims()), "twice")


async def test_changed_claims_under_a_good_signature(refused, sign, claims):
    head, _, signature = sign(claims()).split(".")
    await refused(f"{head}.{part(claims(org='victim'))}.{signature}", "signature")


async def test_a_token_longer_than_any_of_ours(refused, sign, claims):
    await refused(sign(claims(padding="x" * LONGEST)), "longer")


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c.d", "..", "a b.c.d", "é.é.é", "\ud800.a.b", None, "e30.e30.e30", "W10.W10.W10"],
)
async def test_garbage(refused, token):
    await refused(token)


async def test_deep_nesting_in_a_header(refused):
    await refused(f"{part(b'[' * 5000)}.e30.e30")


async def test_messages_tell_nothing_of_the_token(guard, sign, claims, now_ns):
    with pytest.raises(Unauthenticated) as caught:
        await guard.authenticate(sign(claims(iss="secret-issuer", sub="secret-sub")), now_ns)
    assert "secret" not in str(caught.value)


@given(
    st.one_of(
        st.text(max_size=300), st.from_regex(r"[A-Za-z0-9_-]{1,80}(\.[A-Za-z0-9_-]{0,80}){2}", fullmatch=True)
    )
)
def test_any_text_has_a_header_or_is_unauthenticated(text):
    with contextlib.suppress(Unauthenticated):
        assert read_header(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        dict.fromkeys(("sub", "org", "roles", "iat", "exp", "jti"), VALUES)
        | {"iss": st.just(ISSUER), "aud": st.just("hanzo-twin")},
        optional={"nbf": VALUES},
    )
)
def test_any_claims_are_well_formed_or_unauthenticated(claims):
    try:
        read = read_claims(json.dumps(claims).encode(), issuer=ISSUER, audience="hanzo-twin")
    except Unauthenticated:
        return
    assert (read.actor, read.org, list(read.roles)) == (claims["sub"], claims["org"], claims["roles"])


@given(position=st.integers(min_value=0), letter=st.sampled_from("AQgw_-09.x"))
async def test_a_token_with_one_letter_changed_says_the_same_or_nothing(position, letter):
    issuer = InMemoryIssuer()
    token = issuer.token(org="acme", now_s=1000)
    position %= len(token)
    changed = token[:position] + letter + token[position + 1 :]
    try:
        principal = await issuer.guard().authenticate(changed, 1_000_000_000_000)
    except Unauthenticated:
        return
    assert principal == await issuer.guard().authenticate(token, 1_000_000_000_000)
