"""A strike explains what is missing around it, and nothing else."""

from dataclasses import replace

import pytest
from faulting.cell import Struck

S = 1_000_000_000
STRUCK = Struck("SIGKILL", 100 * S, 110 * S, frozenset({"a"}), well_ns=112 * S)


@pytest.mark.parametrize("span", [(99, 101), (90, 105), (111, 115), (115, 130)])
def test_it_explains_what_was_missing_around_it(span):
    assert STRUCK.excuses(span[0] * S, span[1] * S, "a")


@pytest.mark.parametrize("span", [(80, 98), (117, 118)])
def test_it_explains_nothing_before_it_or_long_after(span):
    assert not STRUCK.excuses(span[0] * S, span[1] * S, "a")


def test_where_it_takes_longer_until_all_is_well_it_explains_more():
    assert Struck("SIGKILL", 100 * S, 110 * S, well_ns=140 * S).excuses(135 * S, 136 * S, "a")
    assert Struck("SIGKILL", 100 * S, 110 * S).excuses(500 * S, 501 * S, "a")  # it never was well


def test_it_explains_nothing_of_a_twin_that_it_spared():
    assert not STRUCK.excuses(99 * S, 101 * S, "b")
    assert replace(STRUCK, twins=None).excuses(99 * S, 101 * S, "b")


def test_it_may_explain_what_a_twin_missed_of_which_nobody_noted_who_served_it():
    assert STRUCK.excuses(99 * S, 101 * S, None)
    assert not replace(STRUCK, twins=frozenset()).excuses(99 * S, 101 * S, None)


def test_one_that_spared_the_writers_explains_nothing():
    assert not replace(STRUCK, writers=False).excuses(99 * S, 101 * S, "a")
