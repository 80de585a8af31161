import asyncio

from twin_common.slices import Slices


async def rounds_of(slices, tasks, pieces):
    """The round of the event loop in which each piece of work was done."""
    now = 0
    done = []

    async def count():
        nonlocal now
        while True:
            now += 1
            await asyncio.sleep(0)

    async def work():
        for _ in range(pieces):
            await slices.between()
            done.append(now)

    counting = asyncio.create_task(count())
    await asyncio.gather(*(work() for _ in range(tasks)))
    counting.cancel()
    return done


async def test_the_loop_comes_round_between_two_long_pieces_of_one_task():
    rounds = await rounds_of(Slices(0.0), tasks=1, pieces=5)
    assert len(set(rounds)) == 5


async def test_tasks_that_are_ready_together_take_turns():
    rounds = await rounds_of(Slices(0.0), tasks=4, pieces=2)
    assert len(set(rounds)) == len(rounds) == 8


async def test_short_pieces_follow_each_other_at_once():
    slices = Slices(3600.0)
    await slices.between()
    rounds = await rounds_of(slices, tasks=2, pieces=3)
    assert len(set(rounds)) <= 2
