"""Every create, start and delete happens exactly once, whatever is killed under way; and the judge can tell."""

import pytest
from bench_runs import claims_of, missed

SMALL = ("--twins", "40", "--kills", "6")


@pytest.mark.timeout(420)
def test_killed_parts_of_the_control_plane_double_and_lose_nothing() -> None:
    assert missed(claims_of("exactly_once", *SMALL)) == []


@pytest.mark.timeout(420)
def test_the_judge_notices_a_client_that_repeats_under_fresh_keys() -> None:
    assert "operations with a second answer" in missed(
        claims_of("exactly_once", *SMALL, "--mutant", "fresh-keys")
    )
