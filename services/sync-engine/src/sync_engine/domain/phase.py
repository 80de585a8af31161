"""The phase of the tick grid against the primary source (journal rule 10)."""

from typing import Final

from twin_schemas.records import Grid
from twin_sim.journal import tick_time, ticks_before
from twin_sim.journal.grid import NS_PER_S

READINGS: Final = 9
"""Readings whose median is the slip."""
_LOCKABLE: Final = 0.2
_FIRST_LOCK: Final = 0.02


class PhaseLock:
    """Measures how far the primary source has slipped against the grid."""

    def __init__(self, *, locked: bool) -> None:
        """Begin with nothing measured.

        Args:
            locked: the segment in force starts at the source's phase, so that only a slip of a quarter tick
                moves it.
        """
        self._locked = locked
        self._slips: list[int] = []

    def note(self, time_ns: int, grid: Grid, period_ns: int | None) -> None:
        """Take the time of the primary source's newest reading.

        Args:
            time_ns: ns since the Unix epoch, by our clock.
            grid: segment in force.
            period_ns: the source's period; one that is not within 20 % of a tick doesn't hold the grid.
        """
        tick_ns = tick_length(grid)
        if period_ns is None or abs(period_ns - tick_ns) > _LOCKABLE * tick_ns:
            self._slips.clear()
            return
        slip = time_ns - tick_time(grid, ticks_before(grid, time_ns))
        if self._slips:  # unwrapped, so that a source half a tick off doesn't flicker between two sides
            slip = self._slips[0] + wrap(slip - self._slips[0], tick_ns)
        if len(self._slips) == READINGS:
            del self._slips[0]
        self._slips.append(slip)

    def slip(self, grid: Grid) -> int | None:
        """By how much the grid should move, at most half a tick either way; None: let it be."""
        if len(self._slips) < READINGS:
            return None
        tick_ns = tick_length(grid)
        ordered = sorted(self._slips)
        if ordered[-1] - ordered[0] >= tick_ns // 2:
            return None  # no steady phase to lock to
        slip = wrap(ordered[READINGS // 2], tick_ns)
        enough = tick_ns // 4 if self._locked else int(_FIRST_LOCK * tick_ns)
        return slip if abs(slip) >= enough else None

    def moved(self) -> None:
        """A segment now starts at the source's phase."""
        self._locked = True
        self._slips.clear()

    def forget(self) -> None:
        """Another source or channel is followed from now on."""
        self._slips.clear()

    def lost(self) -> None:
        """A segment starts at a phase of its own."""
        self._locked = False
        self._slips.clear()


def tick_length(grid: Grid) -> int:
    """Length of a tick in ns, rounded down."""
    return NS_PER_S * grid.rate_den // grid.rate_num


def wrap(offset_ns: int, tick_ns: int) -> int:
    """The same phase within half a tick of 0: above -tick/2, at most tick/2."""
    return -((-offset_ns + tick_ns // 2) % tick_ns - tick_ns // 2)
