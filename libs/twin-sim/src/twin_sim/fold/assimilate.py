"""Compare readings with the trajectory and correct the state with them."""

from collections.abc import Sequence

from twin_schemas.records import Assimilation, FoldConfig, Innovation, Quality, Reading
from twin_sim.fold.foldable import Foldable
from twin_sim.fold.innovation import difference
from twin_sim.fold.layout import ChannelLayout
from twin_sim.fold.trajectory import Trajectory


def compare(readings: Sequence[Reading], trajectory: Trajectory, layout: ChannelLayout) -> list[Innovation]:
    """Innovations at the readings' own times; a reading older than the trajectory is `late` and has none."""
    innovations = []
    for reading in readings:
        channel, time = reading.channel, reading.time_ns
        if trajectory.reaches(time):
            values = difference(reading.values, trajectory.at(channel, time))
            innovations.append(Innovation(channel, values, time, reading.quality))
        else:
            innovations.append(Innovation(channel, [], time, Quality.LATE))
    return innovations


def assimilate(
    twin: Foldable,
    config: FoldConfig,
    layout: ChannelLayout,
    readings: Sequence[Reading],
    innovations: Sequence[Innovation],
    newest: dict[int, Reading],
) -> bool:
    """Correct the twin's present state; notes in `newest` the reading used last by channel.

    The error at a reading's own time shifts the state as it is now. `overwrite` takes the newest reading of a channel
    whole, so a reading at the tick itself replaces the state; `nudge` takes the gain of the channel's kind.
    Readings not newer than the last one used, and late ones, correct nothing.

    Returns:
        True when anything was corrected.
    """
    if config.assimilation == Assimilation.NONE:
        return False
    chosen: dict[int, list[float]] = {}
    for reading, innovation in zip(readings, innovations, strict=True):
        if not innovation.values:
            continue
        channel = reading.channel
        rival = newest.get(channel)
        if rival is None or reading.time_ns > rival.time_ns:
            newest[channel] = reading
            chosen[channel] = innovation.values
    gains = config.gains if config.assimilation == Assimilation.NUDGE else None
    for channel, error in chosen.items():
        if gains is not None:
            gain = gains.get(layout.kinds[channel], 0.0)
            error = [gain * value for value in error]
        twin.correct(channel, error)
    return bool(chosen)
