"""What a twin lives of is replaced process by process while six of them run at 30 Hz and commands come all the time.

The judge is that of the table of faults: the plants' own log, raw topics and PostgreSQL. How long a hand-over may take
is judged there (`make faults CELLS='roll-*'`), and what it means for the control plane and the archive.
"""

import pytest
from faulting.load import Weight
from faulting.registry import chosen
from faulting.running import run_cells

CELLS = chosen("roll-sim-worker roll-sync-engine")
WEIGHT = Weight(seed=19, plants=6)


@pytest.mark.timeout(600)
async def test_rolling_restarts_miss_no_tick_and_lose_no_command():
    rows = [row async for row in run_cells(CELLS, weight=WEIGHT, strikes=1)]
    assert [row.broken for row in rows] == [None] * len(CELLS)
    assert {row.cell.name: dict(row.verdict.faults()) for row in rows} == {row.cell.name: {} for row in rows}
    assert all(row.verdict.frames and row.verdict.accepted for row in rows)
