"""Ticks become frames: each once, in order, with every reading that came."""

from itertools import pairwise
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from sync_engine.domain import quorum
from sync_engine.domain.frames import FrameBuilder
from sync_engine.domain.latency import LatencyAccount
from sync_engine.domain.pending import PendingReadings
from sync_engine.domain.quorum import Quorum
from twin_schemas.records import (
    Epoch,
    Grid,
    GridSegment,
    ObservationFrame,
    Quality,
    Reading,
    SourceQuorum,
    TimeDiscontinuity,
)
from twin_sim.journal import tick_time

S, MS = 1_000_000_000, 1_000_000
START = 1_700_000_000 * S
EPOCH = Epoch(1, "writer")


class Bench:
    """A frame builder, a clock, and everything that came out."""

    def __init__(self, *, sources=("a",), rate=(30, 1), limit=1000, **options) -> None:
        self.quorum = Quorum(sources)
        self.pending = PendingReadings(len(sources), limit)
        self.account = LatencyAccount(50 * MS)
        self.builder = FrameBuilder(
            EPOCH, Grid(0, START, *rate), -1, self.quorum, self.pending, self.account, **options
        )
        self.now = START
        self.closed: list[tuple[int, object]] = []
        self.dropped = 0

    def advance(self, to: int) -> None:
        """Let time pass, calling the builder whenever it wants to be called."""
        while self.builder.due_ns <= to:
            self.now = max(self.now, self.builder.due_ns)
            self.close()
        self.now = max(self.now, to)

    def stall(self, duration: int) -> None:
        """Let time pass while nobody calls the builder."""
        self.now += duration
        self.close()

    def close(self) -> None:
        self.closed += [(self.now, record) for record in self.builder.advance(self.now)]

    def read(self, time_ns: int, source: int = 0, channel: int = 0) -> None:
        reading = Reading(channel, [0.0], time_ns, Quality.GOOD)
        self.dropped += self.builder.take(source, [reading], self.now)
        if self.builder.due_ns <= self.now:
            self.close()

    def of(self, kind):
        return [record for _, record in self.closed if isinstance(record, kind)]

    def tick_times(self) -> list[int]:
        """Time of every tick written or skipped."""
        grid, times = Grid(0, START, 0, 0), []
        grid = self.first_grid
        for _, record in self.closed:
            match record:
                case GridSegment():
                    assert record.grid.tick == len(times)
                    grid = record.grid
                case ObservationFrame():
                    assert record.tick == len(times)
                    times.append(tick_time(grid, record.tick))
                case TimeDiscontinuity():
                    assert record.first_tick == len(times)
                    times += [
                        tick_time(grid, tick) for tick in range(record.first_tick, record.last_tick + 1)
                    ]
        return times

    first_grid = Grid(0, START, 30, 1)


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 200 * MS)),
        st.tuples(st.just("stall"), st.integers(0, 4 * S)),
        st.tuples(st.just("read"), st.integers(-50 * MS, 5 * MS), st.integers(0, 1), st.integers(0, 1)),
        st.tuples(st.just("burst"), st.integers(3, 12), st.integers(5 * MS, 60 * MS), st.integers(0, 1)),
        st.tuples(st.just("rate"), st.sampled_from([(30, 1), (60, 1), (30_000, 1001), (7, 2), (400, 1)])),
    ),
    max_size=60,
)


def play(bench: Bench, events) -> list[Reading]:
    accepted = []
    for event in events:
        match event:
            case ("wait", duration):
                bench.advance(bench.now + duration)
            case ("stall", duration):
                bench.stall(duration)
            case ("read", age, source, channel):
                bench.read(bench.now + age, source, channel)
                accepted.append(bench.now + age)
            case ("burst", count, period, source):
                for _ in range(count):
                    bench.advance(bench.now + period)
                    bench.read(bench.now, source)
                    accepted.append(bench.now)
            case ("rate", (num, den)):
                bench.closed.append((bench.now, bench.builder.set_rate(num, den)))
    bench.advance(bench.now + 5 * S)
    return accepted


@given(EVENTS)
@settings(deadline=None)
def test_every_tick_is_one_frame_or_named_by_one_discontinuity_and_time_never_goes_back(events):
    bench = Bench(sources=("a", "b"))
    play(bench, events)
    times = bench.tick_times()
    assert len(times) == bench.builder.tick + 1
    assert all(before < after for before, after in pairwise(times))


@given(EVENTS)
@settings(deadline=None)
def test_every_reading_is_in_exactly_one_frame_in_order_of_receipt(events):
    bench = Bench(sources=("a", "b"), limit=10_000)
    accepted = play(bench, events)
    assert [reading.time_ns for frame in bench.of(ObservationFrame) for reading in frame.readings] == accepted


@given(EVENTS, st.integers(1, 5))
@settings(deadline=None)
def test_what_a_full_buffer_drops_is_counted(events, limit):
    bench = Bench(sources=("a", "b"), limit=limit)
    accepted = play(bench, events)
    kept = sum(len(frame.readings) for frame in bench.of(ObservationFrame))
    assert kept + bench.dropped == len(accepted)


@given(EVENTS)
@settings(deadline=None)
def test_no_frame_closes_before_its_tick(events):
    bench = Bench(sources=("a", "b"))
    play(bench, events)
    grid = bench.first_grid
    for now, record in bench.closed:
        if isinstance(record, GridSegment):
            grid = record.grid
        elif isinstance(record, ObservationFrame):
            assert now >= tick_time(grid, record.tick)


def test_with_no_live_source_the_heartbeat_waits_for_nothing():
    bench = Bench()
    bench.advance(START + 10 * S)
    frames = [(now, record) for now, record in bench.closed if isinstance(record, ObservationFrame)]
    assert [now for now, _ in frames] == [tick_time(bench.first_grid, frame.tick) for _, frame in frames]
    assert not any(frame.gap or frame.readings for _, frame in frames)


def steady(bench: Bench, *, period: int, count: int, delay: int, phase: int = 0, source: int = 0) -> None:
    """A sensor that reports at a steady rate over a steady transport."""
    first = bench.now + phase
    for index in range(count):
        taken = first + index * period
        bench.advance(taken + delay)
        bench.read(taken, source)


def test_the_grid_locks_to_a_sensor_at_the_tick_rate_which_then_waits_for_nothing():
    bench = Bench()
    period = S // 30
    steady(bench, period=period, count=60, delay=3 * MS, phase=11 * MS)
    bench.closed.clear()
    steady(bench, period=period, count=60, delay=3 * MS, phase=period - 3 * MS)
    frames = [(now, record) for now, record in bench.closed if isinstance(record, ObservationFrame)]
    assert not bench.of(GridSegment)
    for now, frame in frames:
        (reading,) = frame.readings
        assert now == reading.time_ns + 3 * MS
        assert abs(tick_time(bench.builder.grid, frame.tick) - reading.time_ns) <= MS


def test_a_drifting_sensor_is_followed_by_a_new_segment_at_a_quarter_tick():
    bench = Bench()
    steady(bench, period=S // 30, count=60, delay=2 * MS)
    locked = len(bench.of(GridSegment))
    steady(bench, period=S // 30 + 100_000, count=400, delay=2 * MS, phase=S // 30)  # slips 40 ms in all
    later = bench.of(GridSegment)[locked:]
    assert 3 <= len(later) <= 6
    assert {segment.reason for segment in later} == {"relock"}


def test_a_sensor_at_half_the_rate_does_not_move_the_grid():
    bench = Bench()
    steady(bench, period=S // 15, count=60, delay=2 * MS, phase=7 * MS)
    assert not bench.of(GridSegment)


def test_a_faster_sensor_is_waited_for_at_most_half_its_period():
    bench = Bench()
    period = 7 * MS
    steady(bench, period=period, count=300, delay=0)
    late = [
        now - tick_time(bench.first_grid, record.tick)
        for now, record in bench.closed
        if isinstance(record, ObservationFrame) and record.tick > 30
    ]
    assert max(late) <= period // 2
    assert not bench.of(GridSegment)


def test_a_frame_waits_for_its_slowest_live_source_and_no_longer_than_it_may():
    bench = Bench(sources=("a", "b"), wait_ns=10 * MS)
    period = S // 30
    for index in range(60):  # a comes at the tick, b 4 ms later, by the sources' clocks too
        bench.advance(START + index * period + MS)
        bench.read(bench.now, 0)
        bench.advance(START + index * period + 5 * MS)
        bench.read(bench.now, 1)
    assert [source.live for source in bench.quorum.sources] == [True, True]
    bench.closed.clear()
    for index in range(60, 70):  # b is silent, and not yet taken for gone
        bench.advance(START + index * period + MS)
        bench.read(bench.now, 0)
    waits = [
        now - tick_time(bench.builder.grid, record.tick)
        for now, record in bench.closed
        if isinstance(record, ObservationFrame)
    ]
    assert waits[2:] == [10 * MS] * len(waits[2:])


def test_a_silent_source_leaves_the_quorum_by_a_record_and_joins_again_by_one():
    bench = Bench()
    steady(bench, period=S // 30, count=30, delay=MS)
    bench.advance(bench.now + 3 * S)
    steady(bench, period=S // 30, count=30, delay=MS)
    assert [record.live for record in bench.of(SourceQuorum)] == [True, False, True]


def test_a_stall_up_to_a_second_gives_gap_frames():
    bench = Bench()
    bench.advance(START + 2 * S)
    bench.closed.clear()
    bench.stall(900 * MS)
    frames = bench.of(ObservationFrame)
    assert not bench.of(TimeDiscontinuity)
    # The last two are late by less than a tick beyond the wait that every frame may take.
    assert [frame.gap for frame in frames] == [True] * 25 + [False] * 2


def test_a_longer_stall_gives_one_discontinuity_that_names_the_ticks():
    bench = Bench()
    bench.advance(START + 2 * S)
    bench.closed.clear()
    bench.stall(1500 * MS)
    bench.advance(bench.now + S // 30)
    skipped, segment, frame = (record for _, record in bench.closed)
    assert (skipped.first_tick, skipped.last_tick) == (61, 105)
    assert (segment.grid.tick, segment.reason, frame.tick) == (106, "discontinuity", 106)
    assert not frame.gap


def test_a_slow_twin_is_away_only_after_three_of_its_ticks():
    bench = Bench(rate=(1, 10))
    bench.advance(START + 10 * S)
    bench.stall(29 * S)
    assert not bench.of(TimeDiscontinuity)
    bench.stall(45 * S)
    assert len(bench.of(TimeDiscontinuity)) == 1


def test_a_new_rate_goes_on_behind_the_last_tick():
    bench = Bench()
    bench.advance(START + S)
    segment = bench.builder.set_rate(10, 1)
    assert (segment.grid.tick, segment.grid.time_ns, segment.reason) == (31, START + S + 100 * MS, "rate")


def beside(bench: Bench, *, phase: int, count: int = 300, missing=frozenset(), jitter=(0,)) -> list[int]:
    """A sensor at the tick rate and one at a third of it, both heard after 2 ms; how long frames waited for them.

    Args:
        bench: has sources a and b.
        phase: of the slow one against the other, ns.
        count: readings of the fast one.
        missing: readings that the slow one leaves out.
        jitter: of the slow one, in turn.
    """
    period = S // 30
    fast = [(START + index * period, 0) for index in range(count)]
    slow = [
        (START + 3 * index * period + phase + jitter[index % len(jitter)], 1)
        for index in range(count // 3)
        if index not in missing
    ]
    for taken, source in sorted(fast + slow):
        bench.advance(taken + 2 * MS)
        bench.read(taken, source)
    return [
        now - tick_time(bench.builder.grid, record.tick)
        for now, record in bench.closed
        if isinstance(record, ObservationFrame) and record.tick > 30
    ]


def waits_only_where_it_is_due(bench: Bench) -> bool:
    return max(beside(bench, phase=0)) <= 3 * MS


def test_a_source_slower_than_the_ticks_costs_no_wait_at_the_ticks_between_its_readings(monkeypatch):
    assert waits_only_where_it_is_due(Bench(sources=("a", "b")))
    assert max(beside(Bench(sources=("a", "b")), phase=20 * MS)) <= 3 * MS  # it comes between two ticks
    monkeypatch.setattr(quorum, "SLOW", inf)  # a mutant that goes by the letter of rule 10
    assert not waits_only_where_it_is_due(Bench(sources=("a", "b")))


def test_a_reading_that_a_slow_source_leaves_out_is_waited_for_once():
    bench = Bench(sources=("a", "b"), wait_ns=15 * MS)
    waits = beside(bench, phase=0, missing={40, 60, 61})
    assert sorted(waits)[-3:] == [15 * MS] * 3
    assert sorted(waits)[-4] <= 3 * MS


@given(st.integers(0, 99 * MS), st.sets(st.integers(0, 99)), st.lists(st.integers(0, 30 * MS), min_size=1))
@settings(deadline=None, max_examples=30)
def test_every_reading_of_a_slow_source_is_in_one_frame_however_it_comes(phase, missing, jitter):
    bench = Bench(sources=("a", "b"))
    beside(bench, phase=phase, missing=missing, jitter=jitter)
    bench.advance(bench.now + S)
    heard = 300 + 100 - len(missing)
    assert sum(len(frame.readings) for frame in bench.of(ObservationFrame)) == heard
