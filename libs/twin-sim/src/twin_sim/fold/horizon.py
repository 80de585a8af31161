"""Forecasts, and what they were worth once their window has closed (journal rule 26).

Both run outside the fold, on a copy of the twin, usually in another thread; neither changes the fold.
"""

from contextlib import closing
from dataclasses import dataclass

from twin_schemas.records import (
    HorizonFrame,
    HorizonResidual,
    Innovation,
    ObservationFrame,
    ParametersApplied,
    Quality,
    Reading,
    StateReset,
)
from twin_sim.fold.advance import advance
from twin_sim.fold.assimilate import compare
from twin_sim.fold.events import CommandEvent, Event, Interval
from twin_sim.fold.fold import Fold
from twin_sim.fold.foldable import Seed
from twin_sim.fold.frame import Folded
from twin_sim.fold.rollout import HeldRollOut
from twin_sim.fold.state import FoldState
from twin_sim.fold.trajectory import Trajectory


def wants_forecast(state: FoldState) -> bool:
    """Whether a forecast begins at the state's tick: chosen by tick number, so that a replay chooses the same."""
    every = state.genesis.fold.horizon_every
    return every > 0 and state.genesis.fold.horizon_ns > 0 and state.tick % every == 0


def forecast(state: FoldState, seed: Seed) -> HorizonFrame:
    """Roll a copy of a twin out from its tick with inputs held.

    Args:
        state: as `Fold.fork_at_tick` gives it, with the seed.
        seed: of a twin that stands at the tick.
    """
    return HorizonWindow(state, seed).forecast()


@dataclass(slots=True)
class _Stretch:
    interval: Interval
    events: list[Event]


class HorizonWindow:
    """The window of one forecast, filled frame by frame from the journal until it has closed.

    Attributes:
        void: a parameter, reset or epoch record fell inside; there is no residual.
        closed_offset: journal offset that closed it; -1: still open.
    """

    def __init__(self, state: FoldState, seed: Seed, horizon_ns: int | None = None) -> None:
        """Open a window at the state's tick.

        Args:
            state: as `Fold.fork_at_tick` gives it, with the seed.
            seed: of a twin that stands at the tick.
            horizon_ns: length of the window; None: that of the forecasts.
        """
        self._state = state
        self._seed = seed
        self._end_ns = state.time_ns + (state.genesis.fold.horizon_ns if horizon_ns is None else horizon_ns)
        self._stretches: list[_Stretch] = []
        self._readings: list[Reading] = []
        self._held: HeldRollOut | None = None
        self.void = False
        self.closed_offset = -1

    def forecast(self) -> HorizonFrame:
        """Roll out with inputs held; what comes of it is remembered for the residual.

        The engine goes in the steps of the twin's own ticks, and a sample lies on the chord between the two next to it.
        """
        state = self._state
        config = state.genesis.fold
        step_ns = config.horizon_ns // max(1, config.horizon_samples)
        times = [state.time_ns + step_ns * (each + 1) for each in range(max(1, config.horizon_samples))]
        end_ns = state.time_ns + config.horizon_ns
        with closing(self._seed()) as twin:
            rolled = HeldRollOut(state, twin, end_ns, times)
        if end_ns == self._end_ns and rolled.is_small():
            self._held = rolled
        return HorizonFrame(
            incarnation=state.genesis.incarnation,
            offset=state.offset,
            tick=state.tick,
            parameter_version=state.parameter_version,
            start_ns=state.time_ns,
            step_ns=step_ns,
            width=state.layout.width,
            values=[number for time in times for number in rolled.looks.whole(time)],
        )

    def observe(self, folded: Folded, frame: ObservationFrame) -> None:
        """Take the next frame that the fold folded."""
        if self.void or self.closed_offset >= 0:
            return
        breaking = (ParametersApplied, StateReset)
        commands = [event.pending.record for event in folded.events if isinstance(event, CommandEvent)]
        broken = any(isinstance(command, breaking) for command in commands)
        previous = self._stretches[-1].interval.end_ns if self._stretches else self._state.time_ns
        if broken or folded.state.epoch != self._state.epoch or folded.interval.start_ns != previous:
            self.abandon()
            return
        self._stretches.append(_Stretch(folded.interval, folded.events))
        layout = self._state.layout
        self._readings += [
            r
            for r in frame.readings
            if not layout.is_input(r.channel) and self._state.time_ns < r.time_ns <= self._end_ns
        ]
        # one tick of grace for readings that were under way when the window ended
        if folded.interval.start_ns >= self._end_ns:
            self.closed_offset = folded.state.offset

    def abandon(self) -> None:
        """There will be no residual."""
        self.void = True

    def residual(self) -> HorizonResidual:
        """Compare every reading of the window with the roll-out with the recorded inputs.

        It is the forecast's own when nothing acted but what was held; else the twin is rolled out again.
        """
        layout = self._state.layout
        trajectory = self._remembered() or self._rolled_out()
        residuals: list[Innovation] = [
            innovation
            for innovation in compare(self._readings, trajectory, layout)
            if innovation.quality != Quality.LATE
        ]
        return HorizonResidual(
            incarnation=self._state.genesis.incarnation,
            offset=self._state.offset,
            tick=self._state.tick,
            closed_offset=self.closed_offset,
            parameter_version=self._state.parameter_version,
            start_ns=self._state.time_ns,
            residuals=residuals,
        )

    def _remembered(self) -> Trajectory | None:
        held = self._held
        if held is None:
            return None
        foreseen = (held.foresaw(at, each.interval, each.events) for at, each in enumerate(self._inside()))
        return held.trajectory if all(foreseen) else None

    def _inside(self) -> list[_Stretch]:
        """Without the tick of grace."""
        return [each for each in self._stretches if each.interval.start_ns < self._end_ns]

    def _rolled_out(self) -> Trajectory:
        """Sampled only where readings are compared with it."""
        layout = self._state.layout
        looks = sorted({reading.time_ns for reading in self._readings})
        trajectory = Trajectory(layout)
        held = self._state.held_inputs
        with closing(self._seed()) as twin:
            trajectory.append(self._state.time_ns, twin.read())
            for stretch in self._inside():
                advanced = advance(twin, layout, stretch.interval, stretch.events, held, looks)
                held = advanced.held_inputs
                trajectory.extend(advanced.trajectory)
        return trajectory


def open_window(fold: Fold, horizon_ns: int | None = None) -> HorizonWindow:
    """A window that begins at the fold's present tick, as long as a forecast or as told."""
    return HorizonWindow(*fold.fork_at_tick(), horizon_ns)
