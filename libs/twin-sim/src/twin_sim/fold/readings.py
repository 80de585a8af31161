"""Sort a frame's readings by what can be done with them now (journal rule 11)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite

from twin_schemas.records import Innovation, Quality, Reading
from twin_sim.fold.errors import Unfoldable
from twin_sim.fold.events import Interval
from twin_sim.fold.layout import ChannelLayout


@dataclass(slots=True)
class Sorted:
    """A frame's readings.

    Attributes:
        inputs: inputs that act within the interval, in order of arrival.
        behind: observed at or before the tick, to be compared with the trajectory so far.
        near: observed up to one tick ahead, to be compared with the roll-out.
        held: further ahead, kept for their tick.
        refused: shown, not used.
    """

    inputs: list[Reading] = field(default_factory=list)
    behind: list[Reading] = field(default_factory=list)
    near: list[Reading] = field(default_factory=list)
    held: list[Reading] = field(default_factory=list)
    refused: list[Innovation] = field(default_factory=list)


def sort_readings(
    readings: Iterable[Reading],
    layout: ChannelLayout,
    interval: Interval,
    ahead_ns: int,
    limit_ns: int,
    newest: dict[int, Reading],
) -> Sorted:
    """Sort readings for the frame that ends the interval.

    Args:
        readings: those held for their tick, then the frame's own.
        layout: channel table.
        interval: what the frame advances.
        ahead_ns: observed readings up to here can be compared with the roll-out.
        limit_ns: readings beyond are refused.
        newest: newest reading used so far by channel; an older input doesn't act any more.

    Raises:
        Unfoldable: a reading names no channel, has the wrong number of values or one that isn't finite.
    """
    out = Sorted()
    latest_input = {
        channel: reading.time_ns for channel, reading in newest.items() if layout.is_input(channel)
    }
    for reading in readings:
        channel, time = reading.channel, reading.time_ns
        if not 0 <= channel < len(layout.sizes) or len(reading.values) != layout.sizes[channel]:
            raise Unfoldable(
                "bad_reading",
                f"channel {channel} with {len(reading.values)} values is not in the table of {len(layout.sizes)}",
            )
        if not all(map(isfinite, reading.values)):
            raise Unfoldable("bad_reading", f"channel {channel} reads {reading.values}: not finite")
        if time > limit_ns:
            out.refused.append(Innovation(channel, [], time, Quality.AHEAD))
        elif layout.is_input(channel):
            if interval.step_at(time) == interval.steps:
                out.held.append(reading)
            elif time >= latest_input.get(channel, time):
                latest_input[channel] = time
                out.inputs.append(reading)
            else:
                out.refused.append(Innovation(channel, [], time, Quality.LATE))
        elif time <= interval.end_ns:
            out.behind.append(reading)
        elif time <= ahead_ns:
            out.near.append(reading)
        else:
            out.held.append(reading)
    return out
