"""An engine that is told to stop writes on until another one has its journals, so that nobody misses a tick."""

import asyncio
import uuid

from sync_engine.handlers import holding
from sync_engine.handlers.handing_over import hand_over
from twin_schemas import codec
from twin_schemas.records import Epoch, ObservationFrame, SourcesAcquired, TimeDiscontinuity

TWINS = [str(uuid.UUID(int=number)) for number in (11, 12)]


async def running(world, until, twins=TWINS):
    for partition, twin in enumerate(twins):
        spec = await world.specify(world.definition(f"p{partition}"), twin=twin, partition=partition)
        await world.incarnate(spec)
        await until(lambda twin=twin: world.frames(twin))


async def test_frames_are_written_until_somebody_else_acquires_the_journal(world, until):
    twin = TWINS[0]
    async with world.engine(writer_id="a") as engine:
        await running(world, until, [twin])
        leaving = asyncio.create_task(hand_over(engine.partitions, 60.0))
        before = len(await world.frames(twin))

        async def some_more():
            return len(await world.frames(twin)) >= before + 5

        await until(some_more)
        assert not leaving.done()
        other = Epoch((await world.frames(twin))[-1].epoch.counter + 1, "b")
        acquired = SourcesAcquired(other, (await world.frames(twin))[-1].tick, 0, 0)
        await world.producer.send(
            "hanzo.twin.sim.journal", key=twin.encode(), value=codec.encode(acquired), partition=0
        )
        await asyncio.wait_for(leaving, 20)
        assert engine.partitions.numbers == ()
        assert [r for r in await world.effective(twin) if isinstance(r, SourcesAcquired)][-1].epoch == other


async def test_a_twin_that_comes_while_its_partition_is_handed_over_is_left_to_the_successor(world, until):
    first, second = TWINS
    async with world.engine(writer_id="a") as engine:
        await running(world, until, [first])
        leaving = asyncio.create_task(hand_over(engine.partitions, 60.0))
        await world.specify(world.definition("p1"), twin=second, partition=0)
        before = len(await world.frames(first))

        async def known_for_long():
            return len(await world.frames(first)) >= before + 20

        await until(known_for_long)
        assert engine.partitions.twin(0, second) is None
        assert not await world.effective(second)
        leaving.cancel()  # the group has given it back

        async def held():
            return engine.partitions.twin(0, second) is not None

        await until(held)


async def test_so_is_one_whose_journal_is_being_read_when_that_begins(world, until, monkeypatch):
    first, second = TWINS
    async with world.engine(writer_id="a") as engine:
        await running(world, until, [first])
        partition, listening = engine.partitions.partition(0), asyncio.Event()

        async def begins_to_leave(twins):
            if list(twins):
                partition.leaving = True
                listening.set()

        monkeypatch.setattr(holding, "sources_answered", begins_to_leave)
        await world.specify(world.definition("p1"), twin=second, partition=0)
        await asyncio.wait_for(listening.wait(), 20)
        before = len(await world.frames(first))

        async def known_for_long():
            return len(await world.frames(first)) >= before + 10

        await until(known_for_long)
        assert not await world.effective(second)
        assert not partition.lost.is_set()


async def test_a_twin_that_becomes_another_meanwhile_is_written_on_as_it_was(world, until):
    twin = TWINS[0]
    async with world.engine(writer_id="a") as engine:
        await running(world, until, [twin])
        leaving = asyncio.create_task(hand_over(engine.partitions, 60.0))
        await world.specify(world.definition("renamed"), twin=twin, partition=0)
        before = len(await world.frames(twin))

        async def many_more():
            return len(await world.frames(twin)) >= before + 20

        await until(many_more)
        assert engine.partitions.twin(0, twin).session.spec.name == "p0"
        leaving.cancel()  # the group has given it back

        async def renamed():
            held = engine.partitions.twin(0, twin)
            return held is not None and held.session.spec.name == "renamed"

        await until(renamed)


async def test_when_nobody_comes_everything_is_let_go_all_the_same(world, until):
    async with world.engine(writer_id="a") as engine:
        await running(world, until)
        await asyncio.wait_for(hand_over(engine.partitions, 0.2), 20)
        assert engine.partitions.numbers == ()


async def test_a_successor_goes_on_at_the_next_tick(world, until):
    async with world.engine(writer_id="b"):
        async with world.engine(writer_id="a"):
            await running(world, until)
            held = {twin: (await world.frames(twin))[-1].epoch.writer for twin in TWINS}
            moving = next(twin for twin, writer in held.items() if writer.startswith("a"))

        async def taken_over():
            return (await world.frames(moving))[-1].epoch.writer.startswith("b")

        await until(taken_over)
    in_force = await world.effective(moving)
    assert not [record for record in in_force if isinstance(record, TimeDiscontinuity)]
    ticks = [record.tick for record in in_force if isinstance(record, ObservationFrame)]
    assert ticks == list(range(ticks[0], ticks[-1] + 1))


async def test_a_partition_that_goes_to_another_engine_is_written_until_that_one_has_it(world, until):
    async with world.engine(writer_id="a") as first:
        await running(world, until)
        async with world.engine(writer_id="b") as second:

            async def shared():
                return [len(engine.partitions.numbers) for engine in (first, second)] == [1, 1]

            await until(shared)

            async def both_write():
                newest = [(await world.frames(twin))[-1].epoch.writer for twin in TWINS]
                return {writer.split("-")[0] for writer in newest} == {"a", "b"}

            await until(both_write)

        async def all_back():
            newest = [(await world.frames(twin))[-1].epoch.writer for twin in TWINS]
            return all(writer.startswith("a") for writer in newest)

        await until(all_back)
        assert sorted(first.partitions.numbers) == [0, 1]
    for twin in TWINS:
        in_force = await world.effective(twin)
        ticks = [record.tick for record in in_force if isinstance(record, ObservationFrame)]
        skipped = [record for record in in_force if isinstance(record, TimeDiscontinuity)]
        assert ticks == list(range(ticks[0], ticks[-1] + 1)) or skipped
