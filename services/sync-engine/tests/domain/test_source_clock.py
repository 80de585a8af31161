"""How far a source's clock is off ours."""

from hypothesis import given
from hypothesis import strategies as st

from sync_engine.domain.source_clock import SETTLE, SourceClock

S = 1_000_000_000
MS = 1_000_000
START = 1_700_000_000 * S
HOUR = 3600 * S


def feed(clock, offset_ns, delays_ms, start=START, every_ms=33):
    """Readings of a source whose clock is off by `offset_ns`, each with its transport delay."""
    out = []
    for index, delay_ms in enumerate(delays_ms):
        taken = start + index * every_ms * MS
        out.append((taken, clock.correct(taken + round(delay_ms * MS), taken + offset_ns)))
    return out


@given(st.lists(st.floats(0, 900), min_size=1, max_size=50))
def test_a_right_clock_is_taken_at_its_word_whatever_the_transport(delays):
    clock = SourceClock()
    for taken, (time_ns, as_given) in feed(clock, 0, sorted(delays, reverse=True), every_ms=1000):
        assert (time_ns, as_given) == (taken, True)
    assert not clock.changed


@given(
    st.one_of(st.integers(-24 * HOUR, -2 * S), st.integers(2 * S, 24 * HOUR)),
    st.lists(st.floats(0.1, 20), min_size=60, max_size=90),
)
def test_a_clock_that_is_off_is_corrected_to_within_the_transport(offset, delays):
    clock = SourceClock()
    readings = feed(clock, offset, delays)
    assert clock.changed
    assert abs(clock.offset_ns - offset) <= 20 * MS
    for taken, (time_ns, as_given) in readings:
        assert not as_given
        assert abs(time_ns - taken) <= 21 * MS


def test_until_the_offset_is_known_the_time_of_receipt_counts():
    clock = SourceClock()
    readings = feed(clock, -HOUR, [5] * (SETTLE - 1))
    assert [time - taken for taken, (time, _) in readings] == [5 * MS] * (SETTLE - 1)
    assert not clock.settled


def test_one_odd_stamp_does_not_move_a_settled_clock():
    clock = SourceClock()
    feed(clock, 0, [3] * 20)
    odd = clock.correct(START + 2 * S, START + 2 * S + HOUR)
    assert odd == (START + 2 * S, False)
    after = clock.correct(START + 2 * S + 33 * MS, START + 2 * S + 30 * MS)
    assert after == (START + 2 * S + 30 * MS, True)
    assert not clock.changed


def test_a_backlog_that_is_sent_late_keeps_its_own_times():
    clock = SourceClock()
    feed(clock, 0, [3] * 20)
    sent = START + 200 * S
    for index in range(100):  # 100 s of readings within a tenth of a second
        taken = START + 100 * S + index * S
        assert clock.correct(sent + index * MS, taken) == (taken, True)
    assert clock.offset_ns == 0


def test_a_clock_that_is_set_while_running_is_followed():
    clock = SourceClock()
    feed(clock, 0, [3] * 20)
    feed(clock, 2 * HOUR, [3] * 60, start=START + 10 * S)
    assert abs(clock.offset_ns - 2 * HOUR) <= 4 * MS
    feed(clock, -HOUR, [3] * 90, start=START + 20 * S)
    assert abs(clock.offset_ns + HOUR) <= 4 * MS


def test_a_clock_that_runs_fast_is_followed():
    clock = SourceClock()
    for index in range(3000):  # 1 % fast
        taken = START + index * 33 * MS
        time_ns, _ = clock.correct(taken + 2 * MS, taken + index * 33 * MS // 100)
        assert time_ns <= taken + 120 * MS
    assert clock.offset_ns > 800 * MS


def test_the_offset_of_the_journal_holds_from_the_first_reading_on():
    clock = SourceClock(offset_ns=HOUR)
    assert clock.correct(START + 5 * MS, START + HOUR) == (START, False)


@given(st.lists(st.tuples(st.integers(0, 10 * S), st.integers(-(2**62), 2**62)), max_size=60))
def test_no_reading_comes_from_the_future(readings):
    clock, now = SourceClock(), START
    for step, source in readings:
        now += step
        assert clock.correct(now, source).time_ns <= now + MS
