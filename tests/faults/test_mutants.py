"""Builds that are broken on purpose don't get past the checker; `table.py --mutants` runs all of them."""

import pytest
from faulting.load import Weight
from faulting.mutants import MUTANTS, caught


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.name == "no_fencing"], ids=lambda each: each.name
)
async def test_a_broken_build_is_caught(mutant):
    row = await caught(mutant, Weight(seed=5, plants=4), strikes=1)
    assert {name for name, _ in row.verdict.faults()} & set(mutant.caught_by)
