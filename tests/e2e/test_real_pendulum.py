"""A real pendulum's recording: the twin forecasts better than naive guesses. Collected when the data lie near."""

import pytest
from bench_runs import claims_of, missed


@pytest.mark.timeout(420)
def test_the_twin_of_a_real_pendulum_keeps_its_claims() -> None:
    assert missed(claims_of("real_pendulum")) == []
