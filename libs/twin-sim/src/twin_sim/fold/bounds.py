"""Grids and times that a journal record may name: others would stop the arithmetic, or keep it busy for ever."""

from twin_schemas.records import Grid
from twin_sim.fold.errors import Unfoldable
from twin_sim.journal.grid import NS_PER_S, tick_time

_LATEST_NS = 2**62
"""The year 2116: beyond it the times of later ticks would soon leave 64 bits."""

_LONGEST_TICKS = 3


def check_time(time_ns: int) -> None:
    """Raise Unfoldable when no record could carry the times that follow from this one, ns."""
    if not -_LATEST_NS < time_ns < _LATEST_NS:
        raise Unfoldable("bad_time", f"{time_ns} ns is no time that a clock shows")


def check_grid(grid: Grid) -> None:
    """Raise Unfoldable when ticks of this grid have no time."""
    if grid.rate_num <= 0 or grid.rate_den <= 0:
        raise Unfoldable("bad_grid", f"a rate of {grid.rate_num}/{grid.rate_den} Hz; both must be above 0")
    for tick in (grid.tick - 1, grid.tick):
        check_time(tick_time(grid, tick))


def longest_interval_ns(before: Grid, after: Grid) -> int:
    """The longest time between two ticks that is simulated; what is longer is a discontinuity (journal rule 13)."""
    ticks = [NS_PER_S * grid.rate_den // grid.rate_num for grid in (before, after)]
    return max(NS_PER_S, _LONGEST_TICKS * max(ticks))
