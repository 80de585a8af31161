"""What must not happen: a checkpoint ahead of its predictions, and a word from a worker that stood still."""

import asyncio
import time

from sim_worker_support.world import until

from twin_common.errors import SendFailed


async def test_no_checkpoint_runs_ahead_of_its_predictions(world):
    worker = await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    before = await world.checkpoint_offset(spec)
    held_back = []
    post = worker._producer.post

    async def slow(topic, **record):
        if topic != world.topics.predictions:
            return await post(topic, **record)
        future = asyncio.get_running_loop().create_future()
        held_back.append((future, topic, record))
        return future

    worker._producer.post = slow
    await journal.frames(3)

    async def waiting():
        return len(held_back) == 3

    await until(waiting)
    await asyncio.sleep(0.3)
    assert await world.checkpoint_offset(spec) == before
    worker._producer.post = post
    for future, topic, record in held_back:
        future.set_result(await (await post(topic, **record)))
    await world.covered(spec, await journal.frames(1))


async def test_a_prediction_that_is_not_acknowledged_is_said_again(world):
    worker = await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    post = worker._producer.post

    async def failing(topic, **record):
        if topic != world.topics.predictions:
            return await post(topic, **record)
        worker._producer.post = post
        future = asyncio.get_running_loop().create_future()
        future.set_exception(SendFailed("the broker said no"))
        return future

    worker._producer.post = failing
    await journal.frames(3)
    await world.folded(spec, await journal.frames(3))

    async def complete():
        return {p.tick for p in await world.predictions(spec)} == set(range(9))

    await until(complete)


async def test_a_worker_that_stood_still_goes_on_from_the_checkpoints(world):
    await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    await journal.frames(3)
    time.sleep(1.2)  # noqa: ASYNC251 (the whole process stands still, for longer than its session of 1 s)
    await world.folded(spec, await journal.frames(3))
    by_offset = {}
    for prediction in await world.predictions(spec):
        assert by_offset.setdefault(prediction.offset, prediction) == prediction
    assert [p.tick for p in by_offset.values()] == list(range(9))
    assert list(by_offset.values()) == await world.refolded(spec)


async def test_a_twin_far_behind_asks_for_half_its_rate(world):
    worker = await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    run = worker.partitions.held[spec.partition].runs[spec.twin]
    watch_end = time.monotonic() + 9

    async def asked():
        run.behind_s = 10.0 + time.monotonic() - watch_end
        return [r for r in await journal.requests() if type(r).__name__ == "SetRate"]

    (wish,) = await until(asked)
    assert (wish.rate_num, wish.rate_den) == (15, 1) and "overload" in wish.reason

    async def degraded():
        return "degraded" in [c.type for c in (await world.status(spec)).conditions]

    await until(degraded)
