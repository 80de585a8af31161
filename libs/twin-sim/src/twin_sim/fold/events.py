"""What acts within one tick, and at which engine step (journal rules 9, 11 and 12)."""

from collections.abc import Iterable
from typing import NamedTuple

from twin_schemas.records import PendingCommand, Reading


class Interval(NamedTuple):
    """The stretch (start_ns, end_ns] that one frame advances.

    Attributes:
        start_ns: time of the last tick.
        end_ns: time of this one.
        steps: engine steps in between.
        step_s: length of an engine step in s. Not the difference of the two times over the steps: those are floored
            to ns, while every tick of a segment has the same length.
        stride: steps between two samples of the trajectory.
    """

    start_ns: int
    end_ns: int
    steps: int
    step_s: float
    stride: int

    def step_at(self, time_ns: int) -> int:
        """First engine step that begins at or after a time; at most `steps`, which is the next interval's first."""
        if time_ns <= self.start_ns:
            return 0
        if time_ns >= self.end_ns:
            return self.steps
        return -((self.start_ns - time_ns) * self.steps // (self.end_ns - self.start_ns))

    def step_time(self, step: int) -> int:
        """Time at which an engine step begins, ns."""
        return self.start_ns + step * (self.end_ns - self.start_ns) // self.steps


class InputEvent(NamedTuple):
    """An input takes a value."""

    step: int
    reading: Reading


class CommandEvent(NamedTuple):
    """A command acts."""

    step: int
    pending: PendingCommand


Event = InputEvent | CommandEvent


def due(interval: Interval, inputs: Iterable[Reading], pending: Iterable[PendingCommand]) -> list[Event]:
    """Everything that acts within an interval, in the order in which it acts.

    Within one engine step inputs come before commands, each in order of arrival.
    """
    events: list[Event] = []
    for reading in inputs:
        step = interval.step_at(reading.time_ns)
        if step < interval.steps:
            events.append(InputEvent(step, reading))
    for command in pending:
        effect = command.record.effect_time_ns
        step = 0 if effect is None else interval.step_at(effect)
        if step < interval.steps:
            events.append(CommandEvent(step, command))
    if len(events) > 1:
        events.sort(key=lambda event: event.step)
    return events
