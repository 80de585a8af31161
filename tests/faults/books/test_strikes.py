"""A strike explains what is missing around it, and nothing else."""

import pytest
from faulting.cell import Struck

S = 1_000_000_000
STRUCK = Struck("SIGKILL", 100 * S, 110 * S, well_ns=112 * S)


@pytest.mark.parametrize("span", [(99, 101), (90, 105), (111, 115), (115, 130)])
def test_it_explains_what_was_missing_around_it(span):
    assert STRUCK.excuses(span[0] * S, span[1] * S)


@pytest.mark.parametrize("span", [(80, 98), (117, 118)])
def test_it_explains_nothing_before_it_or_long_after(span):
    assert not STRUCK.excuses(span[0] * S, span[1] * S)


def test_where_it_takes_longer_until_all_is_well_it_explains_more():
    assert Struck("SIGKILL", 100 * S, 110 * S, well_ns=140 * S).excuses(135 * S, 136 * S)
    assert Struck("SIGKILL", 100 * S, 110 * S).excuses(500 * S, 501 * S)  # it never was well
