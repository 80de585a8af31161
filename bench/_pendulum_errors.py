"""Forecast errors of a twin against naive forecasts, from its raw topics. Positions in rad, times in ns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hanzo_twin.audit.entries import JournalEntry
from twin_schemas.records import ChannelKind, HorizonFrame, ObservationFrame, TwinGenesis
from twin_sim.fold import Fold, HorizonWindow, OpenTwin, forecast, open_window, wants_forecast
from twin_sim.journal import EpochFilter

Array = NDArray[np.float64]
NS = 1e9


@dataclass(frozen=True, slots=True)
class Measured:
    """What the sensors said, in order of source time: seconds since the first, rad, rad/s."""

    origin_ns: int
    time: Array
    position: Array
    velocity: Array

    def position_at(self, time: Array) -> Array:
        return np.interp(time, self.time, self.position)


def measured(journal: Sequence[JournalEntry]) -> Measured:
    """The readings of a journal's frames in force."""
    epochs, kinds = EpochFilter(), {}
    samples: dict[ChannelKind, dict[int, float]] = {ChannelKind.POSITION: {}, ChannelKind.VELOCITY: {}}
    for entry in journal:
        if not epochs.admits(entry.record):
            continue
        if isinstance(entry.record, TwinGenesis):
            kinds = {channel.index: channel.kind for channel in entry.record.channels}
        elif isinstance(entry.record, ObservationFrame):
            for reading in entry.record.readings:
                if kinds[reading.channel] in samples:
                    samples[kinds[reading.channel]][reading.time_ns] = reading.values[0]
    times = sorted(samples[ChannelKind.POSITION].keys() & samples[ChannelKind.VELOCITY].keys())
    positions = np.array([samples[ChannelKind.POSITION][time] for time in times])
    velocities = np.array([samples[ChannelKind.VELOCITY][time] for time in times])
    return Measured(times[0], (np.array(times) - times[0]) / NS, positions, velocities)


@dataclass(frozen=True, slots=True)
class Errors:
    """RMS position errors in rad over the same samples.

    Attributes:
        horizon: s ahead of each sample.
        samples: how many.
        hold, constant_velocity: naive forecasts.
        twin: the twin's forecast.
    """

    horizon: float
    samples: int
    hold: float
    constant_velocity: float
    twin: float

    @property
    def ratio(self) -> float:
        """The twin's error over that of constant velocity."""
        return self.twin / self.constant_velocity


def recomputed_forecasts(journal: Sequence[JournalEntry], open_twin: OpenTwin) -> list[HorizonFrame]:
    """Every forecast that the journal leads to, also those that a busy worker skipped."""
    fold, frames = Fold(open_twin), []
    for entry in journal:
        fold.take(entry.offset, entry.record)
        if (
            isinstance(entry.record, ObservationFrame)
            and fold.state is not None
            and wants_forecast(fold.state)
        ):
            frames.append(forecast(*fold.fork_at_tick()))
    fold.close()
    return frames


def forecast_errors(real: Measured, frames: Sequence[HorizonFrame], horizon: float, last: float) -> Errors:
    """Errors of forecasts.

    Args:
        real: the readings.
        frames: forecasts with inputs held; each is judged at the sample nearest to its start.
        horizon: s.
        last: samples up to this many s after the first one count.
    """
    predicted: dict[int, float] = {}
    for frame in frames:
        start = (frame.start_ns - real.origin_ns) / NS
        sample = int(np.argmin(np.abs(real.time - start)))
        ahead = real.time[sample] + horizon - start
        steps = np.arange(1, len(frame.values) // frame.width + 1) * frame.step_ns / NS
        predicted[sample] = float(np.interp(ahead, steps, frame.values[:: frame.width]))
    return _errors(real, predicted, horizon, last)


def residual_errors(
    real: Measured, journal: Sequence[JournalEntry], open_twin: OpenTwin, horizon: float, last: float
) -> Errors:
    """Errors of forecasts that are recomputed from the journal with the recorded inputs."""
    fold, predicted = Fold(open_twin), {}
    windows: list[HorizonWindow] = []
    kinds: dict[int, ChannelKind] = {}
    end_ns = real.origin_ns + round(last * NS)
    length_ns = round((horizon + 0.02) * NS)
    for entry in journal:
        fold.take(entry.offset, entry.record)
        if isinstance(entry.record, TwinGenesis):
            kinds = {channel.index: channel.kind for channel in entry.record.channels}
        if not isinstance(entry.record, ObservationFrame) or fold.last is None:
            continue
        for window in windows:
            window.observe(fold.last, entry.record)
            if window.closed_offset >= 0:
                residual = window.residual()
                start = (residual.start_ns - real.origin_ns) / NS
                sample = int(np.argmin(np.abs(real.time - start)))
                own = [r for r in residual.residuals if kinds[r.channel] == ChannelKind.POSITION]
                if not own:
                    continue  # the recording was over
                times = [(r.time_ns - real.origin_ns) / NS for r in own]
                target = real.time[sample] + horizon
                error = float(np.interp(target, times, [r.values[0] for r in own]))
                predicted[sample] = float(real.position_at(np.array(target))) - error
        windows = [window for window in windows if window.closed_offset < 0 and not window.void]
        if fold.state is not None and real.origin_ns <= fold.state.time_ns <= end_ns:
            windows.append(open_window(fold, length_ns))
    fold.close()
    return _errors(real, predicted, horizon, last)


def _errors(real: Measured, predicted: dict[int, float], horizon: float, last: float) -> Errors:
    samples = np.array([sample for sample in sorted(predicted) if real.time[sample] <= last])
    truth = real.position_at(real.time[samples] + horizon)
    guesses = {
        "hold": real.position[samples],
        "constant_velocity": real.position[samples] + real.velocity[samples] * horizon,
        "twin": np.array([predicted[sample] for sample in samples]),
    }
    rms = {name: float(np.sqrt(np.mean((guess - truth) ** 2))) for name, guess in guesses.items()}
    return Errors(horizon, len(samples), **rms)
