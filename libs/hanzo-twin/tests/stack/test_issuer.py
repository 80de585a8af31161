"""The stack's own issuer."""

import json
import stat
import time

import pytest

from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.errors import StackError
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.plan import External
from hanzo_twin.stack.secrets import load_secrets
from twin_common.identity import guard_of, token_source


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with EmbeddedStack(tmp_path_factory.mktemp("issuing"), parts=("issuer",)) as stack:
        yield stack


async def test_the_developers_token_is_accepted_by_every_service_of_the_stack(stack):
    settings = stack.connection.settings({})
    token = await token_source(settings).token()
    principal = await guard_of(settings).check(token, "local", "twins.delete", time.time_ns())
    assert (principal.org, principal.actor, principal.role) == ("local", "developer", "twin-admin")


async def test_tokens_and_clients_outlive_a_restart(stack):
    settings = stack.connection.settings({})
    token = await token_source(settings).token()
    stack.stop()
    stack.start()
    assert stack.connection.settings({}) == settings
    assert await guard_of(settings).authenticate(token, time.time_ns())


def test_secrets_lie_in_files_of_their_owner_only_and_are_not_shown(stack):
    secret = stack.connection.developer_client_secret
    assert secret and secret not in repr(stack.connection)
    holding = [
        file
        for file in stack.home.root.rglob("*")
        if file.is_file()
        and (secret in file.read_text(errors="replace") or "PRIVATE KEY" in file.read_text())
    ]
    assert len(holding) == 3
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in holding)


def test_a_stack_without_an_issuer_verifies_nothing(small):
    assert small.connection.issuer_url == ""
    assert not small.connection.settings({}).verifies_tokens


def test_a_configured_issuer_is_used_instead_of_starting_one(stack, tmp_path):
    theirs = External(issuer_url=stack.connection.issuer_url)
    with EmbeddedStack(tmp_path / "ours", parts=("issuer",), external=theirs) as ours:
        assert not ours.state.alive()
        assert ours.connection.issuer_url == stack.connection.issuer_url
        assert ours.connection.developer_client_secret == ""


def test_a_configured_issuer_that_does_not_answer_fails_the_start(tmp_path):
    stack = EmbeddedStack(tmp_path, parts=("issuer",), external=External(issuer_url="http://127.0.0.1:1"))
    with pytest.raises(StackError, match=r"the issuer at http://127\.0\.0\.1:1"):
        stack.start()


def test_a_home_of_an_earlier_version_gets_client_secrets_and_keeps_its_passwords(tmp_path):
    home = Home(tmp_path)
    home.secrets.write_text(json.dumps({"database": "d", "storage": "s"}))
    first = load_secrets(home)
    assert (first.database, first.storage) == ("d", "s")
    assert first.client("a") != first.client("b")
    assert load_secrets(home) == first
