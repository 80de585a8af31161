"""Nobody who can write a prediction takes a partition from its writer, or silences a twin."""

import uuid
from dataclasses import replace

from sync_engine.handlers.partition import Partition
from twin_schemas import codec
from twin_schemas.records import Epoch, SourcesAcquired, TwinPrediction

TWIN = str(uuid.UUID(int=7))


async def running(world, until):
    spec = await world.specify(world.definition(), twin=TWIN)
    await world.incarnate(spec)
    await until(lambda: world.frames(TWIN))


async def forge(world, **other) -> None:
    """Publish what a worker has said, and something else in its name."""
    true = await world.predict(TWIN)
    forged = replace(true, **other)
    await world.producer.send(
        f"{world.prefix}.sim.predictions", key=TWIN.encode(), value=codec.encode(forged), partition=0
    )


def offsets(world):
    async def read():
        return [prediction.offset for prediction in await world.public("pendulum")]

    return read


async def is_heard_on(world, until, engine, session) -> None:
    """The twin is still ours, and what a worker says of it is published."""
    assert session.tally.counts["refused.prediction"] == 1
    said = await world.predict(TWIN)

    async def published():
        return said.offset in await offsets(world)()

    await until(published)
    assert engine.partitions.twin(0, TWIN).session is session
    assert session.owned


async def test_an_epoch_that_the_journal_does_not_have_fences_nobody(world, until):
    async with world.engine() as engine:
        await running(world, until)
        session = engine.partitions.twin(0, TWIN).session
        await forge(world, epoch=999)

        async def looked_into():
            refused = session.tally.counts["refused.prediction"]
            return refused and not engine.partitions.partition(0).doubted

        await until(looked_into)
        await is_heard_on(world, until, engine, session)


async def test_an_offset_that_the_journal_has_not_reached_silences_nobody(world, until):
    async with world.engine() as engine:
        await running(world, until)
        session = engine.partitions.twin(0, TWIN).session
        await forge(world, offset=2**62)

        async def refused():
            return session.tally.counts["refused.prediction"]

        await until(refused)
        await is_heard_on(world, until, engine, session)


async def test_neither_does_one_that_is_public_already(world, until):
    async with world.engine(writer_id="a"):
        await running(world, until)
    forged = TwinPrediction(TWIN, "pendulum", 1, 2**62, 0, 0, 0, [], [], 0)
    await world.producer.send(
        f"{world.prefix}.pendulum", key=TWIN.encode(), value=codec.encode(forged), partition=0
    )
    count = len(await world.frames(TWIN))
    async with world.engine(writer_id="b"):

        async def more():
            return len(await world.frames(TWIN)) > count

        await until(more)
        said = await world.predict(TWIN)

        async def published():
            return said.offset in await offsets(world)()

        await until(published)


async def test_an_epoch_that_the_journal_has_fences_a_writer_that_does_not_hear_of_it(world, until):
    async with world.engine() as engine:
        await running(world, until)
        session = engine.partitions.twin(0, TWIN).session
        engine.partitions._journals.drop(0)
        acquired = SourcesAcquired(Epoch(session.epoch.counter + 1, "successor"), session.tick, 0, 0)
        await world.producer.send(
            f"{world.prefix}.sim.journal", key=TWIN.encode(), value=codec.encode(acquired), partition=0
        )
        await forge(world, epoch=acquired.epoch.counter)

        async def fenced():
            return not session.owned

        await until(fenced)


async def test_doubts_are_looked_into_one_after_the_other():
    partition = Partition(0)
    partition.doubt("one", 0)
    partition.doubt("two", 9_999_999_999)
    assert partition.doubted == {"one"}
    partition.doubt("two", 10_000_000_000)
    assert partition.doubted == {"one", "two"}
