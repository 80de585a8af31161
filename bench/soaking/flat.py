"""Whether a series stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from statistics import median

from scipy.stats import theilslopes

SETTLED = 1 / 3
"""Share of a run after which nothing may grow any more."""
END = 1 / 10
"""Share of a run whose median is compared: as much after it has settled with as much at its end."""
PRESENT = 0.75
"""Share of the values that have to be there."""

_NAN = float("nan")


def growth(times: Sequence[float], values: Sequence[float]) -> float:
    """By how much a series grew from `SETTLED` to its end, relative to its median there.

    The line is the median of the slopes between all pairs (Theil and Sen), so that single peaks, such as those of a
    fault, don't count: nor does anything that begins in the last quarter, which is left to `rise`. A value that is
    NaN wasn't there to measure, as of a process that was away. NaN, which is no growth within any limit, when that
    holds for more than a quarter, or there are fewer than three.
    """
    end = max(times, default=0.0)
    kept = _present(times, values, end * SETTLED, end)
    if len(kept) < 3:
        return _NAN
    slope, _, _, _ = theilslopes([value for _, value in kept], [at for at, _ in kept])
    middle = median(value for _, value in kept)
    return float(slope) * (end - end * SETTLED) / max(middle, 1e-9)


def rise(times: Sequence[float], values: Sequence[float]) -> float:
    """By how much the median of the last tenth is above that of the first tenth after `SETTLED`, relative to that.

    A jump shows here, wherever it was. NaN like for `growth`.
    """
    end = max(times, default=0.0)
    first = [value for _, value in _present(times, values, end * SETTLED, end * (SETTLED + END))]
    last = [value for _, value in _present(times, values, end * (1 - END), end)]
    if not first or not last:
        return _NAN
    return median(last) / max(median(first), 1e-9) - 1


def _present(
    times: Sequence[float], values: Sequence[float], since: float, until: float
) -> list[tuple[float, float]]:
    """Times and values in between; none when too many of them are missing."""
    there = [(at, value) for at, value in zip(times, values, strict=True) if since <= at <= until]
    kept = [(at, value) for at, value in there if not isnan(value)]
    return kept if len(kept) >= PRESENT * len(there) else []
