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
