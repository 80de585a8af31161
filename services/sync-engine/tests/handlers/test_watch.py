"""A process that was silent for nearly as long as its session lasts."""

import pytest

from sync_engine.handlers.watch import StallWatch
from twin_common.clock import ManualClock


@pytest.mark.parametrize(("session_ms", "limit_ms"), [(400, 300), (2400, 2100), (10_000, 9500)])
async def test_a_silence_is_a_stall_a_heartbeat_before_the_session_ends(session_ms, limit_ms):
    clock, stalls = ManualClock(), []
    watch = StallWatch(clock, stalls.append, lambda since_ns: None)
    watch.limit(session_ms)
    await clock.advance((limit_ms - 1) / 1000)
    assert watch.beat()
    await clock.advance(limit_ms / 1000)
    assert not watch.beat()
    assert stalls == [limit_ms * 1_000_000]


async def test_what_was_there_before_a_stall_is_not_meant_any_more():
    clock = ManualClock()
    watch = StallWatch(clock, lambda ns: None, lambda since_ns: None)
    watch.limit(2400)
    then_ns = clock.monotonic_ns()
    await clock.advance(2.0)
    watch.answered()
    assert watch.unbroken_since(then_ns)
    await clock.advance(2.1)  # nobody beat meanwhile
    watch.answered()
    now_ns = clock.monotonic_ns()
    assert (watch.unbroken_since(now_ns - 1), watch.unbroken_since(now_ns)) == (False, True)


async def test_nor_what_was_there_before_brokers_answered_again():
    clock, returns = ManualClock(), []
    watch = StallWatch(clock, lambda ns: None, returns.append)
    watch.limit(2400)
    for _ in range(3):
        await clock.advance(2.0)
        watch.beat()
        watch.answered()
    then_ns = clock.monotonic_ns()
    for seconds, meant in ((2.0, True), (0.1, False), (1.0, False)):
        await clock.advance(seconds)
        assert watch.unbroken_since(then_ns) == watch.in_contact() == meant
    assert not returns
    watch.answered()
    assert returns == [then_ns]
    assert watch.in_contact()
    assert not watch.unbroken_since(then_ns)
    assert watch.unbroken_since(watch.answered_ns)
