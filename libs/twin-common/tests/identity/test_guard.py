"""What the guard lets through, and when."""

import pytest

from twin_common.identity import Forbidden, OpenGuard, Principal, Unauthenticated, guard_of
from twin_common.identity.tokens import TokenGuard
from twin_common.settings import load_settings

S = 1_000_000_000


async def test_a_good_token_names_its_bearer(guard, issuer, claims, now_ns):
    principal = await guard.authenticate(issuer.mint.sign(claims()), now_ns)
    assert principal == Principal("acme", "ada", "twin-operator", now_ns + 600 * S)


async def test_an_action_is_checked_against_role_and_organisation(guard, issuer, claims, now_ns):
    token = issuer.mint.sign(claims())
    assert (await guard.check(token, "acme", "twins.start", now_ns, actor="somebody else")).actor == "ada"
    for org, action, code in [
        ("acme", "twins.delete", "forbidden"),
        ("globex", "twins.start", "other_organization"),
    ]:
        with pytest.raises(Forbidden) as caught:
            await guard.check(token, org, action, now_ns)
        assert caught.value.code == code


async def test_validity_is_judged_at_the_asked_moment_also_for_a_token_seen_before(
    guard, issuer, claims, now_ns
):
    token = issuer.mint.sign(claims())
    for at in (now_ns, now_ns - 5 * S, now_ns + 605 * S):
        assert await guard.authenticate(token, at)
    with pytest.raises(Unauthenticated, match="expired"):
        await guard.authenticate(token, now_ns + 605 * S + 1)
    with pytest.raises(Unauthenticated, match="isn't valid yet"):
        await guard.authenticate(token, now_ns - 5 * S - 1)
    assert await guard.authenticate(token, now_ns)


async def test_a_token_may_begin_later_than_it_was_issued(guard, issuer, claims, now_ns):
    token = issuer.mint.sign(claims(nbf=now_ns // S + 100))
    with pytest.raises(Unauthenticated, match="isn't valid yet"):
        await guard.authenticate(token, now_ns)
    assert await guard.authenticate(token, now_ns + 100 * S)


async def test_service_accounts_of_the_platform_act_for_any_organisation(guard, issuer, now_ns):
    token = issuer.service_token()
    assert (await guard.check(token, "acme", "incarnations.request", now_ns)).actor == "sim-worker"
    with pytest.raises(Forbidden):
        await guard.check(token, "acme", "twins.delete", now_ns)


async def test_a_service_role_that_another_organisation_gave_counts_for_nothing(
    guard, issuer, claims, now_ns
):
    with pytest.raises(Forbidden) as caught:
        await guard.authenticate(issuer.mint.sign(claims(roles=["twin-service"])), now_ns)
    assert caught.value.code == "no_role"


async def test_a_token_is_verified_once(guard, issuer, claims, now_ns, monkeypatch):
    token = issuer.mint.sign(claims())
    await guard.authenticate(token, now_ns)
    monkeypatch.delattr(guard, "_jws")
    assert (await guard.authenticate(token, now_ns)).actor == "ada"


async def test_what_is_remembered_is_bounded(guard, issuer, claims, now_ns, monkeypatch):
    monkeypatch.setattr("twin_common.identity.tokens._REMEMBERED", 3)
    for number in range(5):
        assert await guard.authenticate(issuer.mint.sign(claims(jti=str(number))), now_ns)
        with pytest.raises(Unauthenticated):
            await guard.authenticate(issuer.mint.sign(claims(jti=str(number), iss="x")), now_ns)
    assert len(guard._verified) == len(guard._refused) == 3


async def test_without_verification_everybody_administers_the_one_organisation():
    guard = OpenGuard("local")
    principal = await guard.check(None, "local", "twins.delete", 0, actor="cli")
    assert (principal.actor, principal.role) == ("cli", "twin-admin")
    with pytest.raises(Forbidden):
        await guard.check(None, "acme", "twins.read", 0)


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, OpenGuard),
        ({"HANZO_TWIN_AUTH_VERIFY_TOKENS": "true"}, TokenGuard),
        ({"HANZO_TWIN_AUTH_IAM_URL": "http://127.0.0.1:8083"}, TokenGuard),
        (
            {"HANZO_TWIN_AUTH_IAM_URL": "http://127.0.0.1:8083", "HANZO_TWIN_AUTH_VERIFY_TOKENS": "false"},
            OpenGuard,
        ),
    ],
)
async def test_the_settings_choose_the_guard(environ, kind):
    guard = guard_of(load_settings(environ=environ))
    assert isinstance(guard, kind)
    await guard.close()


async def test_a_token_is_recognised_once_it_was_verified(guard, issuer, claims, now_ns):
    token = issuer.mint.sign(claims())
    assert not guard.recognises(token)
    await guard.authenticate(token, now_ns)
    assert guard.recognises(token)
    for other in (None, "", token[:-1], "x" * 100_000):
        assert not guard.recognises(other)
    assert OpenGuard("acme").recognises(None)
