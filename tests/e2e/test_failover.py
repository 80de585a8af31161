"""Killed and frozen processes under load: nothing lost, nothing wrong. How long it takes is the bench's to judge."""

import pytest
from bench_runs import claims_of, missed


@pytest.mark.timeout(420)
def test_two_killed_workers_and_two_zombies_cost_no_tick_and_no_bit() -> None:
    claims = claims_of("failover", "--kills", "2")
    assert missed(claims, besides=("frames per second", "longest time")) == []
