"""A few seeded faults of several kinds under load: nothing is lost, doubled or unaccounted for.

How long it takes to come back is for `make faults` to say.
"""

import pytest
from faulting.load import Weight
from faulting.registry import chosen
from faulting.running import run_cells

CELLS = "kill-sim-worker freeze-sync-engine clock-sync-engine cut-kafka"
WEIGHT = Weight(seed=5, plants=4)


@pytest.mark.timeout(900)
async def test_a_few_faults_lose_and_double_nothing():
    rows = [row async for row in run_cells(chosen(CELLS), weight=WEIGHT, strikes=1)]
    assert [len(row.strikes) for row in rows] == [1] * len(CELLS.split())
    assert {row.cell.name: dict(row.verdict.faults()) for row in rows} == {row.cell.name: {} for row in rows}
    assert [row.broken for row in rows] == [None] * len(rows)
    assert all(row.verdict.accepted and row.verdict.frames for row in rows)
