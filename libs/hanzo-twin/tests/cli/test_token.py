"""`hanzo-twin token` as people use it: as a program."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hanzo_twin.stack import EmbeddedStack
from twin_common.identity import guard_of


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with EmbeddedStack(tmp_path_factory.mktemp("tokens"), parts=("issuer",)) as stack:
        yield stack


@pytest.fixture
def token(tmp_path):
    """Runs `hanzo-twin token` for the stack of a home, or without one."""

    def run(*arguments, home=None):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
        environ["HANZO_TWIN_HOME"] = str(home or tmp_path)
        program = Path(sys.executable).with_name("hanzo-twin")
        return subprocess.run(
            [program, "token", *arguments],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


async def test_a_token_is_the_only_thing_on_standard_output(stack, token):
    done = token(home=stack.home.root)
    assert (done.returncode, done.stderr) == (0, "")
    guard = guard_of(stack.connection.settings({}))
    principal = await guard.authenticate(done.stdout.strip(), time.time_ns())
    assert (principal.org, principal.role) == ("local", "twin-admin")


async def test_organisation_role_and_life_are_chosen(stack, token):
    done = token("--org", "acme", "--role", "operator", "--ttl", "60", "--json", home=stack.home.root)
    answer = json.loads(done.stdout)
    assert answer["issuer"] == stack.connection.issuer_url
    now_ns = time.time_ns()
    principal = await guard_of(stack.connection.settings({})).authenticate(answer["token"], now_ns)
    assert (principal.org, principal.role) == ("acme", "twin-operator")
    assert 0 < principal.expires_ns - now_ns <= 60 * 10**9


def test_an_unknown_role_is_refused_with_those_there_are(stack, token):
    done = token("--role", "root", home=stack.home.root)
    assert done.returncode == 2
    assert "twin-viewer" in done.stderr and done.stdout == ""


def test_what_the_issuer_refuses_is_said(stack, token):
    done = token("--org", "No Such", home=stack.home.root)
    assert done.returncode == 2
    assert "--org 'No Such'" in done.stderr and "org must match" in done.stderr
    done = token("--ttl", "999999999", home=stack.home.root)
    assert done.returncode == 2
    assert "--ttl '999999999'" in done.stderr and "ttl must be 1 to" in done.stderr


def test_without_an_issuer_the_next_step_is_named(token):
    done = token("--json")
    assert done.returncode == 2
    assert "hanzo-twin dev up" in json.loads(done.stdout)["error"]["message"]
