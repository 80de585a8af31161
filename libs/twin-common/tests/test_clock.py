"""Time that is handed in."""

import asyncio

import pytest

from twin_common.clock import ManualClock, SystemClock


async def test_sleepers_wake_in_the_order_of_their_times_and_see_them():
    clock, woken = ManualClock(), []

    async def sleeper(seconds):
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic_ns()))

    tasks = [asyncio.create_task(sleeper(s)) for s in (3, 1, 2)]
    await asyncio.sleep(0)
    await clock.advance(2.5)
    assert woken == [(1, 1_000_000_000), (2, 2_000_000_000)]
    await clock.advance(0.5)
    assert [s for s, _ in woken] == [1, 2, 3]
    await asyncio.gather(*tasks)


async def test_a_sleeper_that_sleeps_again_on_the_way_is_woken_again():
    clock, ticks = ManualClock(), []

    async def ticker():
        for _ in range(5):
            await clock.sleep(1)
            ticks.append(clock.monotonic_ns() // 10**9)

    task = asyncio.create_task(ticker())
    await asyncio.sleep(0)
    await clock.advance(5)
    await task
    assert ticks == [1, 2, 3, 4, 5]


async def test_a_cancelled_sleeper_is_forgotten():
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert clock.sleepers == 0


async def test_a_manual_clock_refuses_to_go_back():
    clock = ManualClock()
    with pytest.raises(ValueError, match="can't go back"):
        await clock.advance(-1)


def test_the_system_clock_reads_the_wall_once(monkeypatch):
    clock = SystemClock()
    before = clock.now_ns()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert clock.now_ns() >= before
    assert clock.now_ns() - clock.monotonic_ns() == pytest.approx(clock.anchor_ns, abs=10**8)


async def test_sleeping_until_a_time_never_ends_early():
    clock = SystemClock()
    at_ns = clock.now_ns() + 5_000_000
    await clock.sleep_until(at_ns)
    assert clock.now_ns() >= at_ns
