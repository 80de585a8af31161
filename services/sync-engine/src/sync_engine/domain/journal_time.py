"""Where the time of a journal stands (journal rule 14)."""

from sync_engine.domain.phase import tick_length
from twin_schemas.records import Grid
from twin_sim.journal import JournalTail, tick_time


def ended_ns(tail: JournalTail) -> int:
    """Time of a journal's last tick; 0: it has none."""
    if tail.grid is None:
        return 0
    return tail.grid.time_ns - 1 if tail.tick < tail.grid.tick else tick_time(tail.grid, tail.tick)


def ahead_ns(grid: Grid, last_ns: int, now_ns: int, gap_ns: int) -> int:
    """How far a journal whose last tick was at a time is ahead of this host's clock; 0: not by a gap."""
    tick_ns = tick_length(grid)
    ahead = last_ns + tick_ns - now_ns
    return ahead if ahead > max(gap_ns, 3 * tick_ns) else 0
