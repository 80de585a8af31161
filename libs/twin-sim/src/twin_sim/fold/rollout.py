"""A twin rolled out from its tick with inputs held: a forecast, and its residual too if nothing else acted."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from struct import pack

from twin_schemas.records import ChannelKind, Reading
from twin_sim.fold.events import Event, InputEvent, Interval
from twin_sim.fold.foldable import Foldable
from twin_sim.fold.interval import interval_to
from twin_sim.fold.layout import ChannelLayout
from twin_sim.fold.state import FoldState
from twin_sim.fold.trajectory import Trajectory

_KEPT_NUMBERS = 16_384
"""A longer trajectory isn't remembered: windows may be many, and long."""


class HeldRollOut:
    """What a copy of a twin does over the next ticks while its inputs are held.

    Attributes:
        intervals: the ticks, as they will be if the grid stays.
        trajectory: with the samples that the fold takes of a tick, up to the first one after the end.
        looks: with the samples at the engine steps on both sides of each time that was asked for.
    """

    def __init__(self, state: FoldState, twin: Foldable, end_ns: int, times: Sequence[int]) -> None:
        """Roll out.

        Args:
            state: as `Fold.fork_at_tick` gives it.
            twin: stands at the state's tick; ends where the trajectory does.
            end_ns: how far.
            times: after the state's, ascending, up to the end.
        """
        self._layout = state.layout
        self._held = state.held_inputs
        self.intervals: list[Interval] = []
        self.trajectory = Trajectory(state.layout)
        self.looks = Trajectory(state.layout)
        now, tick, sample = state.time_ns, state.tick, twin.read()
        self.trajectory.append(now, sample)
        self.looks.append(now, sample)
        while now < end_ns:
            tick += 1
            interval = interval_to(state.genesis.fold, state.grid, now, tick)
            self._advance(twin, interval, end_ns, times)
            self.intervals.append(interval)
            now = interval.end_ns

    def _advance(self, twin: Foldable, interval: Interval, end_ns: int, times: Sequence[int]) -> None:
        start, tick_ns, steps, step_s, stride = interval
        length = tick_ns - start
        # beyond the end, so that a time at the end itself has the neighbours that it has in a longer trajectory
        last = min(-(-interval.step_at(end_ns + 1) // stride) * stride, steps)
        within = times[bisect_right(times, start) : bisect_right(times, tick_ns)]
        near = frozenset(step for time in within for step in _around(interval, time))
        twin.set_timestep(step_s)
        go_on, read, append, look = twin.advance, twin.read, self.trajectory.append, self.looks.append
        for count, step, regular, asked in _stops(steps, stride, last, near):
            go_on(count)
            sample, at = read(), start + step * length // steps
            if regular:
                append(at, sample)
            if asked:
                look(at, sample)

    def is_small(self) -> bool:
        """Whether it may be remembered."""
        return len(self.trajectory) * max(1, self._layout.width) <= _KEPT_NUMBERS

    def foresaw(self, index: int, interval: Interval, events: Sequence[Event]) -> bool:
        """Whether a tick went as it was rolled out, to the last bit: as long, and nothing acted that wasn't held."""
        return (
            index < len(self.intervals)
            and self.intervals[index] == interval
            and all(isinstance(event, InputEvent) and self._holds(event.reading) for event in events)
        )

    def _holds(self, reading: Reading) -> bool:
        """Taking an effort once more changes nothing; a position that is set again would move the joint."""
        held = self._held.get(reading.channel)
        return (
            held is not None
            and _is_alone(self._layout, reading.channel)
            and _bits(held) == _bits(reading.values)
        )


@lru_cache(maxsize=64)
def _stops(
    steps: int, stride: int, last: int, near: frozenset[int]
) -> tuple[tuple[int, int, bool, bool], ...]:
    """How many steps on, to which step, and whether the trajectory and the looks take a sample there."""
    marks = sorted({0, *near, *range(stride, last, stride), last})
    return tuple(
        (step - done, step, step % stride == 0 or step == steps, step in near or step == steps)
        for done, step in pairwise(marks)
    )


def _around(interval: Interval, time_ns: int) -> Iterator[int]:
    step = (time_ns - interval.start_ns) * interval.steps // (interval.end_ns - interval.start_ns)
    yield step
    yield min(step + 1, interval.steps)


def _is_alone(layout: ChannelLayout, index: int) -> bool:
    """Whether this input drives an effort that no other channel drives: of two, the last one set acts."""
    channel = layout.channels[index]
    same = [c for c in layout.channels if (c.path, c.kind) == (channel.path, channel.kind)]
    return channel.kind == ChannelKind.EFFORT and len(same) == 1


def _bits(values: Sequence[float]) -> bytes:
    return pack(f"<{len(values)}d", *values)
