"""One tick of the fold: arithmetic that can be read aloud (journal rules 9, 11, 12, 15)."""

from hashlib import blake2b
from struct import pack
from typing import NamedTuple

from twin_schemas.records import CommandApplied, CommandRefused, ObservationFrame, PredictionFrame
from twin_sim.fold.advance import Advanced, advance, look_ahead
from twin_sim.fold.assimilate import assimilate, compare
from twin_sim.fold.commands import reports
from twin_sim.fold.config import CHAIN_BYTES
from twin_sim.fold.errors import Unfoldable
from twin_sim.fold.events import Event, Interval, due
from twin_sim.fold.foldable import Foldable, Moment
from twin_sim.fold.inputs import slide_window, window_means
from twin_sim.fold.interval import interval_to
from twin_sim.fold.readings import sort_readings
from twin_sim.fold.state import FoldState
from twin_sim.journal.grid import NS_PER_S, tick_time

Emitted = PredictionFrame | CommandApplied | CommandRefused


class Folded(NamedTuple):
    """What one frame led to.

    Attributes:
        state: after tick k.
        base: the twin's state at tick k.
        ahead: the roll-out to tick k+1, where the twin stands now.
        emitted: command reports, then the prediction.
        interval: what was advanced.
        events: what acted in it.
    """

    state: FoldState
    base: Moment
    ahead: Advanced
    emitted: list[Emitted]
    interval: Interval
    events: list[Event]


def fold_frame(
    state: FoldState,
    offset: int,
    frame: ObservationFrame,
    twin: Foldable,
    base: Moment,
    ahead: Advanced | None,
) -> Folded:
    """Advance a twin over one tick.

    Steps the engine over (t[k-1], t[k]], applying inputs and commands at their own steps, compares every reading with
    the trajectory at its own source time, assimilates, and rolls out to tick k+1 with inputs held.

    Args:
        state: complete fold state after tick k-1; only its ring is extended, everything else is left as it is.
        offset: journal offset of the frame.
        frame: readings with source times in ns, SI values by channel index.
        twin: stands at the end of `ahead`, or anywhere when there is none.
        base: the twin at tick k-1.
        ahead: roll-out from there; it becomes the state when nothing else acts before tick k.

    Raises:
        Unfoldable: the tick is out of order, a reading is malformed, or the twin diverged.
    """
    if frame.tick != state.tick + 1:
        raise Unfoldable("tick_out_of_order", f"frame of tick {frame.tick} after tick {state.tick}")
    config, layout, tick = state.genesis.fold, state.layout, frame.tick
    interval = interval_to(config, state.grid, state.time_ns, tick)
    now = interval.end_ns
    if interval.end_ns <= interval.start_ns:
        raise Unfoldable("time_backwards", f"tick {tick} at {now} is not after {interval.start_ns}")
    following = interval_to(config, state.grid, now, tick + 1)
    limit = now + config.ahead_ticks * NS_PER_S * state.grid.rate_den // state.grid.rate_num
    readings = [*state.future_readings, *frame.readings] if state.future_readings else frame.readings
    sorted_ = sort_readings(
        readings, layout, interval, following.end_ns, max(limit, following.end_ns), state.last_readings
    )

    events = due(interval, sorted_.inputs, state.pending)
    if ahead is None or ahead.interval != interval or ahead.events != events:
        twin.load(base)
        ahead = advance(twin, layout, interval, events, state.held_inputs)
        _require_health(twin, tick)

    after = state.copied()
    after.offset, after.tick, after.time_ns = offset, tick, now
    after.future_readings = sorted_.held
    after.commands_offset = max(state.commands_offset, frame.commands_offset)
    after.last_readings = dict(state.last_readings)
    for reading in sorted_.inputs:
        after.last_readings[reading.channel] = reading
    if ahead.outcomes:
        acted = {outcome.event.pending.offset for outcome in ahead.outcomes}
        after.pending = [command for command in state.pending if command.offset not in acted]
    if ahead.parameters is not None:
        after.parameter_version = ahead.parameters.version
        after.overrides = dict(ahead.parameters.overrides)
    after.held_inputs = ahead.held_inputs

    after.ring.extend(ahead.trajectory)
    innovations = compare(sorted_.behind, after.ring, layout)
    corrected = assimilate(twin, config, layout, sorted_.behind, innovations, after.last_readings)
    if sorted_.near:
        here = twin.save()
        roll_out = look_ahead(twin, layout, following, max(reading.time_ns for reading in sorted_.near))
        twin.load(here)
        near = compare(sorted_.near, roll_out, layout)
        corrected |= assimilate(twin, config, layout, sorted_.near, near, after.last_readings)
        innovations += near
    innovations += sorted_.refused

    after.input_window = slide_window(state.input_window, sorted_.inputs, layout, now)
    if after.input_window:
        means = window_means(after.input_window)
        for channel, mean in means.items():
            twin.set_input(channel, mean)
        after.held_inputs = {**after.held_inputs, **means}
    if corrected:
        after.ring.append(now, twin.read())
    after_base = twin.save()

    expected = due(following, (r for r in sorted_.held if layout.is_input(r.channel)), after.pending)
    rolled = advance(twin, layout, following, expected, after.held_inputs)
    _require_health(twin, tick)
    values = list(rolled.trajectory.last)
    after.chain = blake2b(
        state.chain + pack(f"<qq{len(values)}d", offset, tick, *values) + after_base.to_bytes(),
        digest_size=CHAIN_BYTES,
    ).digest()
    said = reports(state, offset, tick, interval, ahead.outcomes)
    prediction = PredictionFrame(
        incarnation=state.genesis.incarnation,
        offset=offset,
        epoch=frame.epoch.counter,
        tick=tick,
        time_ns=following.end_ns,
        parameter_version=after.parameter_version,
        values=values,
        innovations=innovations,
        chain=after.chain,
    )
    # last of all: until here the ring can be taken back to what it was
    after.ring.forget_before(tick_time(state.grid, tick - config.ring_ticks))
    return Folded(after, after_base, rolled, [*said, prediction], interval, events)


def _require_health(twin: Foldable, tick: int) -> None:
    if not twin.healthy():
        raise Unfoldable(
            "diverged", f"the simulation is not finite at tick {tick}: check masses, drives and the step rate"
        )
