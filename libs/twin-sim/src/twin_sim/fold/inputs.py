"""Inputs that are held at their mean over a window between readings (journal rule 15)."""

from collections.abc import Sequence

from twin_schemas.records import Reading
from twin_sim.fold.layout import ChannelLayout


def slide_window(
    window: Sequence[Reading], arrived: Sequence[Reading], layout: ChannelLayout, now_ns: int
) -> list[Reading]:
    """The readings of windowed inputs that still lie in their window."""
    kept = [r for r in window if r.time_ns > now_ns - layout.windows[r.channel]]
    kept += [r for r in arrived if r.time_ns > now_ns - layout.windows[r.channel]]
    return kept


def window_means(window: Sequence[Reading]) -> dict[int, list[float]]:
    """Mean value by channel, summed in order of arrival."""
    sums: dict[int, list[float]] = {}
    counts: dict[int, int] = {}
    for reading in window:
        if reading.channel in sums:
            sums[reading.channel] = [
                a + b for a, b in zip(sums[reading.channel], reading.values, strict=True)
            ]
            counts[reading.channel] += 1
        else:
            sums[reading.channel] = list(reading.values)
            counts[reading.channel] = 1
    return {channel: [value / counts[channel] for value in total] for channel, total in sums.items()}
