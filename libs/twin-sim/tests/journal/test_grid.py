"""The tick grid is exact at any distance (journal rule 8). Truth: Python's unlimited fractions."""

from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from twin_schemas.records import Grid
from twin_sim.journal.grid import interval_s, steps_per_tick, tick_time, ticks_before

GRIDS = st.builds(
    Grid,
    tick=st.integers(0, 10**9),
    time_ns=st.integers(0, 4 * 10**18),
    rate_num=st.integers(1, 10_000),
    rate_den=st.integers(1, 3600),
)
TICKS = st.integers(-(10**6), 10**9)


@given(GRIDS, TICKS)
def test_a_tick_is_at_the_exact_time_floored_to_nanoseconds(grid: Grid, ahead: int) -> None:
    exact = grid.time_ns + Fraction(ahead * 10**9 * grid.rate_den, grid.rate_num)
    assert tick_time(grid, grid.tick + ahead) == floor(exact)


@given(GRIDS, TICKS)
def test_times_and_ticks_are_each_others_inverse(grid: Grid, ahead: int) -> None:
    tick = grid.tick + ahead
    assert ticks_before(grid, tick_time(grid, tick)) == tick
    assert ticks_before(grid, tick_time(grid, tick) - 1) == tick - 1


@given(GRIDS)
def test_an_interval_is_the_inverse_rate(grid: Grid) -> None:
    assert interval_s(grid) == float(Fraction(grid.rate_den, grid.rate_num))


@given(GRIDS, st.integers(1, 100_000))
def test_steps_per_tick_round_the_exact_quotient_up(grid: Grid, step_hz: int) -> None:
    exact = Fraction(step_hz * grid.rate_den, grid.rate_num)
    assert steps_per_tick(grid, float(step_hz)) == max(1, ceil(exact))
