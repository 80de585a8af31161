"""Advance a twin over one interval, letting inputs and commands act at their own steps (journal rule 9)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from twin_schemas.records import ParametersApplied, StateReset
from twin_sim.fold.errors import RefusedCommand
from twin_sim.fold.events import CommandEvent, Event, InputEvent, Interval
from twin_sim.fold.foldable import Foldable
from twin_sim.fold.layout import ChannelLayout
from twin_sim.fold.trajectory import Trajectory


class Outcome(NamedTuple):
    """What became of a command that was due."""

    event: CommandEvent
    refused: RefusedCommand | None


class Advanced(NamedTuple):
    """The result of advancing over an interval.

    Attributes:
        interval: which one.
        events: what acted.
        trajectory: samples after the start, the last one at the end.
        outcomes: of the commands among the events.
        held_inputs: inputs as they act at the end.
        parameters: the last parameters that came into force; None: unchanged.
    """

    interval: Interval
    events: list[Event]
    trajectory: Trajectory
    outcomes: list[Outcome]
    held_inputs: dict[int, list[float]]
    parameters: ParametersApplied | None


def look_ahead(twin: Foldable, layout: ChannelLayout, interval: Interval, until_ns: int) -> Trajectory:
    """The trajectory from the interval's start, where the twin stands, to the first sample at or after a time."""
    trajectory = Trajectory(layout)
    trajectory.append(interval.start_ns, twin.read())
    strides = -(-interval.step_at(until_ns) // interval.stride)
    twin.set_timestep(interval.step_s)
    _stride(twin, interval, 0, min(strides * interval.stride, interval.steps), trajectory)
    return trajectory


def _stride(twin: Foldable, interval: Interval, done: int, end: int, trajectory: Trajectory) -> None:
    """Advance by whole strides to a step, sampling after each."""
    start, end_ns, steps, _, stride = interval
    length = end_ns - start
    go_on, read, append = twin.advance, twin.read, trajectory.append
    while done < end:
        count = min(stride, end - done)
        go_on(count)
        done += count
        append(start + done * length // steps, read())


def _around(interval: Interval, looks: Sequence[int]) -> Iterator[int]:
    """Steps of the samples next to each of some times, and the last one.

    Between them the trajectory has the same values as among all its samples.
    """
    start, end, steps, _, stride = interval
    last = 0
    for look in looks[bisect_left(looks, start) : bisect_left(looks, end)]:
        step = (look - start) * steps // (end - start) // stride * stride
        # sample times are whole ns, so the second may be at the time itself; then it alone counts
        for near in (step, step + stride):
            if last < near < steps:
                yield near
                last = near
    yield steps


def advance(
    twin: Foldable,
    layout: ChannelLayout,
    interval: Interval,
    events: Sequence[Event],
    held: dict[int, list[float]],
    looks: Sequence[int] | None = None,
) -> Advanced:
    """Advance from the interval's start, where the twin stands, to its end.

    Args:
        twin: stands at the interval's start and ends at its end.
        layout: channel table.
        interval: how far, in how many steps.
        events: what acts, sorted by step.
        held: inputs as they act at the start; not changed.
        looks: times, ascending, at which the trajectory will be asked for values; None: it has to have every sample.
    """
    twin.set_timestep(interval.step_s)
    trajectory = Trajectory(layout)
    actor = _Actor(twin, held)
    done, waiting = 0, 0
    length = interval.end_ns - interval.start_ns
    while waiting < len(events):
        boundary = min(done - done % interval.stride + interval.stride, interval.steps)
        while waiting < len(events) and events[waiting].step < boundary:
            event = events[waiting]
            if event.step > done:
                twin.advance(event.step - done)
                done = event.step
            actor.act(event)
            waiting += 1
        twin.advance(boundary - done)
        done = boundary
        trajectory.append(interval.start_ns + done * length // interval.steps, twin.read())
    if looks is None:
        _stride(twin, interval, done, interval.steps, trajectory)
    else:
        for step in _around(interval, looks):
            if step > done:
                twin.advance(step - done)
                done = step
                trajectory.append(interval.start_ns + done * length // interval.steps, twin.read())
    return Advanced(interval, list(events), trajectory, actor.outcomes, actor.held, actor.parameters)


class _Actor:
    """Applies events to a twin and remembers what came of them."""

    def __init__(self, twin: Foldable, held: dict[int, list[float]]) -> None:
        self._twin = twin
        self.held = held
        self.outcomes: list[Outcome] = []
        self.parameters: ParametersApplied | None = None

    def act(self, event: Event) -> None:
        if isinstance(event, InputEvent):
            reading = event.reading
            self._twin.set_input(reading.channel, reading.values)
            self.held = {**self.held, reading.channel: reading.values}
            return
        command = event.pending.record
        try:
            self._twin.apply(command)
        except RefusedCommand as refused:
            self.outcomes.append(Outcome(event, refused))
            return
        self.outcomes.append(Outcome(event, None))
        if isinstance(command, ParametersApplied):
            self.parameters = command
        elif isinstance(command, StateReset):
            # the physical side's inputs still act after the state was set
            for channel in sorted(self.held):  # of two inputs of one joint the same one wins after a restore
                self._twin.set_input(channel, self.held[channel])
