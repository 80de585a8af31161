"""Numbers that summarise many numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that a `share` (0 to 1] of all values don't exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("there is no percentile of no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def rms(values: Sequence[float]) -> float:
    """Root of the mean square; 0 of nothing."""
    # hypot scales before it squares: the largest floats overflow nothing
    return math.hypot(*values) / math.sqrt(len(values)) if values else 0.0


def rms_by_channel(innovations: Iterable[tuple[str, Sequence[float]]]) -> dict[str, float]:
    """RMS of the components of many innovations, by channel path in alphabetical order."""
    gathered: dict[str, list[float]] = {}
    for path, values in innovations:
        gathered.setdefault(path, []).extend(values)
    return {path: rms(gathered[path]) for path in sorted(gathered)}


def latency_ms(latencies_ns: Sequence[int]) -> Mapping[str, float | None]:
    """p50, p99 and max in ms; each None when nothing was measured."""
    if not latencies_ns:
        return {"p50": None, "p99": None, "max": None}
    named = {
        "p50": percentile(latencies_ns, 0.5),
        "p99": percentile(latencies_ns, 0.99),
        "max": max(latencies_ns),
    }
    return {name: round(value / 1e6, 3) for name, value in named.items()}
