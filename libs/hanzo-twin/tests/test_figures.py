from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanzo_twin.figures import percentile, rms


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.floats(0.01, 1.0))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_the_full_percentile_is_the_largest_value(values: list[float]) -> None:
    assert percentile(values, 1.0) == max(values)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_the_rms_of_a_centred_sample_is_its_standard_deviation() -> None:
    assert rms([1.0, -1.0, 3.0, -3.0]) == pytest.approx(statistics.pstdev([1.0, -1.0, 3.0, -3.0]))


@pytest.mark.parametrize("largest", [1e154, 1e308])
def test_a_root_mean_square_of_the_largest_numbers_overflows_nowhere(largest: float) -> None:
    assert rms([largest]) == pytest.approx(largest)
    assert rms([largest, -largest]) == pytest.approx(largest)
