"""The tick grid: exact times from a rational rate (journal rule 8)."""

from twin_schemas.records import Grid

NS_PER_S = 1_000_000_000


def tick_time(grid: Grid, tick: int) -> int:
    """Time of a tick in ns since the Unix epoch, exact at any distance from the segment's start."""
    return grid.time_ns + (tick - grid.tick) * NS_PER_S * grid.rate_den // grid.rate_num


def interval_s(grid: Grid) -> float:
    """Length of a tick in seconds, the same for every tick of the segment."""
    return grid.rate_den / grid.rate_num


def ticks_before(grid: Grid, time_ns: int) -> int:
    """The last tick of the segment's grid at or before a time; may lie before the segment's first tick."""
    tick = grid.tick + (time_ns - grid.time_ns) * grid.rate_num // (NS_PER_S * grid.rate_den)
    while tick_time(grid, tick + 1) <= time_ns:
        tick += 1
    while tick_time(grid, tick) > time_ns:
        tick -= 1
    return tick


def steps_per_tick(grid: Grid, step_hz: float) -> int:
    """Engine steps between two ticks: the step rate over the tick rate, rounded up, at least one."""
    exact = step_hz * grid.rate_den / grid.rate_num
    rounded = round(exact)
    # 240 Hz at 30 Hz is 8 steps, also when the division comes out as 8.000000000000002
    steps = rounded if abs(exact - rounded) < 1e-9 * max(1.0, exact) else -int(-exact // 1)
    return max(1, steps)
