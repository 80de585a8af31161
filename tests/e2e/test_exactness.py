"""An eventful live twin is a function of its journal: a separate process folds it again, bit for bit."""

import pytest
from bench_runs import claims_of, missed


@pytest.mark.timeout(420)
def test_an_eventful_run_folds_again_to_the_same_bits() -> None:
    assert missed(claims_of("exact")) == []
