"""A process that was silent for nearly as long as its session lasts."""

import pytest

from sync_engine.handlers.watch import StallWatch
from twin_common.clock import ManualClock


@pytest.mark.parametrize(("session_ms", "limit_ms"), [(400, 300), (2400, 2100), (10_000, 9500)])
async def test_a_silence_is_a_stall_a_heartbeat_before_the_session_ends(session_ms, limit_ms):
    clock, stalls = ManualClock(), []
    watch = StallWatch(clock, stalls.append)
    watch.limit(session_ms)
    await clock.advance((limit_ms - 1) / 1000)
    assert watch.beat()
    await clock.advance(limit_ms / 1000)
    assert not watch.beat()
    assert stalls == [limit_ms * 1_000_000]


async def test_what_waits_for_nearly_a_session_is_not_fresh_and_neither_is_what_was_there_before_a_stall():
    clock = ManualClock()
    watch = StallWatch(clock, lambda ns: None)
    watch.limit(2400)
    then_ns = clock.monotonic_ns()
    await clock.advance(1.5)
    assert watch.is_fresh(then_ns)
    later_ns = clock.monotonic_ns()
    await clock.advance(0.6)
    assert (watch.is_fresh(then_ns), watch.is_fresh(later_ns)) == (False, True)
    await clock.advance(2.1)  # nobody beat meanwhile
    now_ns = clock.monotonic_ns()
    assert (watch.is_fresh(now_ns - 1), watch.is_fresh(now_ns)) == (False, True)
