import time

import pytest

from twin_common.testing.issuer import ISSUER

NOW_S = int(time.time())
NOW_NS = NOW_S * 1_000_000_000


@pytest.fixture
def now_ns():
    return NOW_NS


@pytest.fixture
def claims():
    """The claims of a good token, with some changed; None takes one away."""

    def claims(**changes):
        good = {
            "iss": ISSUER,
            "aud": "hanzo-twin",
            "sub": "ada",
            "org": "acme",
            "roles": ["twin-operator"],
            "iat": NOW_S,
            "exp": NOW_S + 600,
            "jti": "one",
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    return claims


@pytest.fixture
def guard(issuer):
    return issuer.guard()
