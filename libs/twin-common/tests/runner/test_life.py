"""How a runner starts, shares, stops and dies."""

from __future__ import annotations

import asyncio

import pytest

from twin_common.bus.api import Consumer
from twin_common.bus.types import Subscription, TopicPartition
from twin_common.errors import Retryable, TooManyDeadLetters
from twin_common.runner import DeadLetterLimit, Message
from twin_schemas.records import StartTwin


async def test_an_unexpected_error_stops_the_runner_and_leaves_the_record(bench):
    async def broken(record: StartTwin, message: Message) -> None:
        if record.twin == "bad":
            raise ZeroDivisionError("a bug")
        await bench.note(record, message)

    await bench.give("good")
    await bench.give("bad")
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await bench.runner(broken).run(asyncio.Event())
    assert await bench.committed() == 1
    async with bench.running(bench.runner()):
        await bench.until(lambda: bench.seen[-1] == ("bad", 1))
    assert bench.letters() == []


async def test_too_many_dead_letters_stop_the_runner(bench):
    for _ in range(10):
        await bench.raw(b"junk", bench.envelope())
    with pytest.raises(TooManyDeadLetters, match="at most 3"):
        await bench.runner(limit=DeadLetterLimit(count=3, seconds=60)).run(asyncio.Event())
    assert len(bench.letters()) == 4


async def test_a_stop_finishes_the_record_in_hand_and_leaves_the_rest(bench):
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(record: StartTwin, message: Message) -> None:
        entered.set()
        await release.wait()
        await bench.note(record, message)

    for twin in ("first", "second", "third"):
        await bench.give(twin)
    runner = bench.runner(slow)
    async with bench.running(runner) as stop:
        await entered.wait()
        stop.set()
        await bench.until(lambda: any(lane._stopping for lane in runner._lanes.values()))
        release.set()
    assert bench.seen == [("first", 1)]
    assert await bench.committed() == 1
    async with bench.running(bench.runner()):
        await bench.until(lambda: len(bench.seen) == 3)
    assert [twin for twin, _ in bench.seen] == ["first", "second", "third"]


async def test_a_stop_leaves_a_failing_record_for_the_next_start(bench):
    async def failing(record: StartTwin, message: Message) -> None:
        await bench.note(record, message)
        raise Retryable("not yet")

    await bench.give("pendulum")
    async with bench.running(bench.runner(failing)):
        await bench.until(lambda: len(bench.seen) > 1)
    assert await bench.committed() == 0
    assert bench.letters() == []


async def test_a_handler_that_does_not_end_is_cancelled_on_stop(bench):
    cancelled = asyncio.Event()

    async def endless(record: StartTwin, message: Message) -> None:
        bench.seen.append((record.twin, 1))
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    await bench.give("pendulum")
    async with bench.running(bench.runner(endless, finish_within_s=0.01)):
        await bench.until(lambda: bench.seen)
    assert cancelled.is_set()
    assert await bench.committed() == 0


async def test_a_full_partition_is_paused_and_resumed_until_all_is_handled(bench):
    paused: list[bool] = []
    entered = asyncio.Event()
    release = asyncio.Event()

    async def slow(record: StartTwin, message: Message) -> None:
        entered.set()
        await release.wait()
        await bench.note(record, message)

    for number in range(300):
        await bench.give(str(number))
    runner = bench.runner(slow)
    async with bench.running(runner):
        await entered.wait()
        await bench.until(lambda: runner._paused)
        paused.append(True)
        release.set()
        await bench.until(lambda: len(bench.seen) == 300)
    assert paused
    assert [int(twin) for twin, _ in bench.seen] == list(range(300))


async def test_partitions_move_with_their_effects_committed_and_hooks_run_in_order(bench):
    log: list[str] = []

    def subscription(name: str) -> Subscription:
        async def assigned(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            log.append(f"{name} takes {len(tps)}")

        async def revoked(consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
            log.append(f"{name} gives {len(tps)} at {await bench.committed()}")

        return Subscription(
            (bench.topic,), bench.group, instance_id=name, on_assigned=assigned, on_revoked=revoked
        )

    await bench.give("pendulum")
    async with bench.running(bench.runner(subscription=subscription("a"))):
        await bench.until(lambda: bench.seen)
        async with bench.running(bench.runner(subscription=subscription("b"))):
            await bench.until(lambda: "b takes 1" in log)
            await bench.give("arm", partition=1)
            await bench.until(lambda: len(bench.seen) == 2)
    assert log[:2] == ["a takes 2", "a gives 2 at 1"]
    assert sorted(log[2:4]) == ["a takes 1", "b takes 1"]
    assert bench.seen == [("pendulum", 1), ("arm", 1)]
