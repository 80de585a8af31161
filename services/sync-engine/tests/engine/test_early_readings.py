"""Taking a journal over costs no reading beyond the time in which nobody had it."""

import asyncio
import uuid

from sync_engine.handlers import holding
from sync_engine.handlers.taking_over import sources_answered
from twin_schemas.records import SourcesAcquired

TWIN = str(uuid.UUID(int=7))


async def values(world) -> list[float]:
    return [reading.values[0] for frame in await world.frames(TWIN) for reading in frame.readings]


async def running(world, until) -> None:
    spec = await world.specify(world.definition(), twin=TWIN)
    await world.incarnate(spec)
    await until(lambda: world.frames(TWIN))


async def test_what_sources_say_before_the_journal_is_ours_is_in_its_first_frames(
    world, device, until, monkeypatch
):
    async with world.engine(writer_id="one"):
        await running(world, until)
    said = [float(number) for number in range(20)]

    async def late(twins) -> None:
        """Let sources speak between subscription and acquisition."""
        waiting = list(twins)
        await sources_answered(waiting)
        if not waiting:
            return
        assert waiting[0].session.intakes[0].connected
        for value in said:
            device.say("plant/pendulum/plain", value)

        async def all_wait():
            return len(waiting[0].early) == len(said)

        await until(all_wait)

    monkeypatch.setattr(holding, "sources_answered", late)
    async with world.engine(writer_id="two") as engine:

        async def all_framed():
            return await values(world) == said

        await until(all_framed)
        counts = engine.partitions.twin(0, TWIN).session.tally.counts
        assert (counts["readings"], counts["framed_before"], counts["unheard"]) == (20, 0, 0)


async def test_a_reading_that_both_writers_hear_is_in_one_frame(world, device, until):
    stop, said = asyncio.Event(), 0

    async def speak() -> None:
        nonlocal said
        while not stop.is_set():
            device.say("plant/pendulum/plain", float(said))
            said += 1
            await asyncio.sleep(0.01)

    async with world.engine(writer_id="b"):
        async with world.engine(writer_id="a"):
            await running(world, until)
            first = (await world.frames(TWIN))[-1].epoch.writer
            speaking = asyncio.create_task(speak())
            await until(lambda: values(world))
        if first.startswith("a"):

            async def taken_over():
                return (await world.frames(TWIN))[-1].epoch.writer.startswith("b")

            await until(taken_over)
        stop.set()
        await speaking

        async def all_framed():
            return (await values(world))[-1:] == [float(said - 1)]

        await until(all_framed)
        found = await values(world)
    assert len(set(found)) == len(found)


async def test_a_partition_that_is_lost_while_its_journals_are_read_is_read_again_at_once(
    world, until, monkeypatch
):
    lost = []

    async def losing(twins) -> None:
        await sources_answered(waiting := list(twins))
        if waiting and not lost:
            lost.append(engine.partitions)
            engine.partitions.lose_all("for a test")

    monkeypatch.setattr(holding, "sources_answered", losing)
    async with world.engine() as engine:
        await running(world, until)
        acquired = [r for r in await world.effective(TWIN) if isinstance(r, SourcesAcquired)]
    assert lost
    assert [record.epoch.counter for record in acquired] == [
        1
    ]  # nothing was asked for by the one that was lost
