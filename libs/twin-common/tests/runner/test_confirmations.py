"""A record whose effect turns out not to count is handled again, and nothing behind it is committed before."""

from __future__ import annotations

import asyncio

import pytest

from twin_common.errors import Busy, Rejected
from twin_common.runner import Message
from twin_common.runner.lane import LaneEnded
from twin_schemas.records import StartTwin

NAMES = ("first", "second", "third")


class Doubtful:
    """Handles at once; what `void` names doesn't count the first time, everything else once `told` is set."""

    def __init__(self, bench, *void: str) -> None:
        self.bench, self.void, self.told = bench, set(void), asyncio.Event()

    async def __call__(self, record: StartTwin, message: Message):
        await self.bench.note(record, message)

        async def counts() -> None:
            await self.told.wait()
            if record.twin in self.void:
                self.void.remove(record.twin)
                raise Busy("it was in vain")

        return counts

    @property
    def handled(self) -> list[str]:
        return [twin for twin, _ in self.bench.seen]


async def all_committed(bench) -> None:
    """Wait until the group is behind all three."""

    async def committed() -> bool:
        return await bench.committed() == len(NAMES)

    await bench.until(committed)


async def test_the_next_records_are_handled_before_it_is_known_and_none_is_committed(bench):
    doubtful = Doubtful(bench)
    for name in NAMES:
        await bench.give(name)
    async with bench.running(bench.runner(doubtful)):
        await bench.until(lambda: len(bench.seen) == 3)
        await asyncio.sleep(0.2)
        assert await bench.committed() == 0
        doubtful.told.set()
        await all_committed(bench)
    assert doubtful.handled == [*NAMES]


@pytest.mark.parametrize("void", NAMES)
async def test_what_does_not_count_is_handled_again_with_all_behind_it_in_order(bench, void):
    doubtful = Doubtful(bench, void)
    for name in NAMES:
        await bench.give(name)
    async with bench.running(bench.runner(doubtful)):
        await bench.until(lambda: len(bench.seen) == 3)
        doubtful.told.set()
        await all_committed(bench)
    again = NAMES[NAMES.index(void) :]
    assert doubtful.handled == [*NAMES, *again]


async def test_a_record_in_hand_comes_behind_what_came_before_it(bench):
    """It waits for what the earlier one's effect was in vain for; its own must not come first."""
    doubtful, blocked = Doubtful(bench, "first"), True

    async def handle(record: StartTwin, message: Message):
        if record.twin == "second" and blocked:
            raise Busy("not now")
        return await doubtful(record, message)

    for name in NAMES:
        await bench.give(name)
    async with bench.running(bench.runner(handle)):
        await bench.until(lambda: doubtful.handled == ["first"])
        doubtful.told.set()
        await bench.until(lambda: doubtful.handled == ["first", "first"])
        blocked = False
        await bench.until(lambda: len(bench.seen) == 4)
    assert doubtful.handled == ["first", *NAMES]
    assert await bench.committed() == 3


async def test_what_was_refused_for_good_is_not_refused_again(bench):
    doubtful = Doubtful(bench, "first")

    async def handle(record: StartTwin, message: Message):
        if record.twin == "second":
            await bench.note(record, message)
            raise Rejected("bad", "never")
        return await doubtful(record, message)

    for name in NAMES:
        await bench.give(name)
    async with bench.running(bench.runner(handle)):
        await bench.until(lambda: len(bench.seen) == 3)
        doubtful.told.set()
        await all_committed(bench)
    assert doubtful.handled == [*NAMES, "first", "third"]
    assert len(bench.letters()) == 1


async def test_what_is_refused_while_it_goes_back_is_not_refused_again(bench):
    doubtful, entered, refuse = Doubtful(bench, "first"), asyncio.Event(), asyncio.Event()

    async def handle(record: StartTwin, message: Message):
        if record.twin == "second":
            entered.set()
            await refuse.wait()
            raise Rejected("bad", "never")
        return await doubtful(record, message)

    for name in NAMES:
        await bench.give(name)
    runner = bench.runner(handle)
    async with bench.running(runner):
        await entered.wait()
        doubtful.told.set()
        await bench.until(lambda: any(lane._turn for lane in runner._lanes.values()))
        refuse.set()
        await bench.until(lambda: len(bench.seen) == 3)
    assert (doubtful.handled, len(bench.letters())) == (["first", "first", "third"], 1)
    assert await bench.committed() == 3


async def test_a_stop_waits_for_what_is_not_known_yet(bench):
    doubtful = Doubtful(bench)
    await bench.give("first")
    runner = bench.runner(doubtful)
    async with bench.running(runner) as stop:
        await bench.until(lambda: bench.seen)
        stop.set()
        await bench.until(lambda: any(lane._stopping for lane in runner._lanes.values()))
        doubtful.told.set()
    assert await bench.committed() == 1


async def test_a_stop_leaves_what_did_not_count_to_the_next_start(bench):
    doubtful = Doubtful(bench, "first")
    for name in NAMES:
        await bench.give(name)
    runner = bench.runner(doubtful)
    async with bench.running(runner) as stop:
        await bench.until(lambda: len(bench.seen) == 3)
        stop.set()
        await bench.until(lambda: any(lane._stopping for lane in runner._lanes.values()))
        doubtful.told.set()
    assert (await bench.committed(), doubtful.handled) == (0, [*NAMES])
    async with bench.running(bench.runner()):
        await bench.until(lambda: len(bench.seen) == 6)


async def test_an_error_in_telling_stops_the_runner(bench):
    async def handle(record: StartTwin, message: Message):
        async def counts() -> None:
            raise ZeroDivisionError("a bug")

        return counts

    await bench.give("first")
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await bench.runner(handle).run(asyncio.Event())
    assert await bench.committed() == 0


async def test_a_lane_that_somebody_else_cancels_stops_the_runner(bench):
    runner = bench.runner()
    await bench.give("first")

    async def cancel() -> None:
        await bench.until(lambda: bench.seen)
        for lane in runner._lanes.values():
            lane._worker.cancel()

    with pytest.raises(LaneEnded):
        await asyncio.gather(runner.run(asyncio.Event()), cancel())
