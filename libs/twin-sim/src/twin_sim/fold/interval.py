"""How many engine steps a stretch between two ticks takes, and how long each is (journal rule 8)."""

from twin_schemas.records import FoldConfig, Grid
from twin_sim.fold.events import Interval
from twin_sim.journal.grid import NS_PER_S, interval_s, steps_per_tick, tick_time

_SAMPLES_PER_TICK = 32


def interval_to(config: FoldConfig, grid: Grid, start_ns: int, tick: int) -> Interval:
    """The stretch from a time to a tick.

    Between two ticks of one segment it is the regular one; from the last tick of an older segment it has the length
    that is left, in steps at most as long as configured.
    """
    end_ns = tick_time(grid, tick)
    if start_ns == tick_time(grid, tick - 1):
        steps = steps_per_tick(grid, config.step_hz)
        seconds = interval_s(grid)
    else:
        seconds = (end_ns - start_ns) / NS_PER_S
        steps = max(1, -int(-seconds * config.step_hz // 1))
    # a slow tick has thousands of steps: keep about as many samples of it as of a fast one
    stride = config.substeps * max(1, steps // _SAMPLES_PER_TICK)
    return Interval(start_ns, end_ns, steps * config.substeps, seconds / (steps * config.substeps), stride)
