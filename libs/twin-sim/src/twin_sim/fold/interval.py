"""How many engine steps a stretch between two ticks takes, and how long each is (journal rule 8)."""

from functools import lru_cache

from twin_schemas.records import FoldConfig, Grid
from twin_sim.fold.events import Interval
from twin_sim.journal.grid import NS_PER_S, interval_s, steps_per_tick, tick_time

_SAMPLE_S = 0.004
"""Samples of the trajectory lie this far apart: a motion of 50 m/s^2 leaves the chord between two by 0.1 mm."""
_SAMPLES_AT_MOST = 250
"""...of one tick: a tick of a minute is sampled more coarsely, or the ring would grow without bound."""


def interval_to(config: FoldConfig, grid: Grid, start_ns: int, tick: int) -> Interval:
    """The stretch from a time to a tick.

    Between two ticks of one segment it is the regular one; from the last tick of an older segment it has the length
    that is left, in steps at most as long as configured.
    """
    end_ns = tick_time(grid, tick)
    if start_ns == tick_time(grid, tick - 1):
        return Interval(
            start_ns, end_ns, *_regular(grid.rate_num, grid.rate_den, config.step_hz, config.substeps)
        )
    seconds = (end_ns - start_ns) / NS_PER_S
    steps = max(1, -int(-seconds * config.step_hz // 1))
    return Interval(start_ns, end_ns, *_divided(seconds, steps, config.substeps))


@lru_cache(maxsize=256)
def _regular(rate_num: int, rate_den: int, step_hz: float, substeps: int) -> tuple[int, float, int]:
    """Steps, their length and the stride of every tick of a segment."""
    grid = Grid(0, 0, rate_num, rate_den)
    return _divided(interval_s(grid), steps_per_tick(grid, step_hz), substeps)


def _divided(seconds: float, steps: int, substeps: int) -> tuple[int, float, int]:
    samples = min(steps, _SAMPLES_AT_MOST, max(1, round(seconds / _SAMPLE_S)))
    stride = substeps * -(-steps // samples)
    return steps * substeps, seconds / (steps * substeps), stride
