"""A journal record that isn't acknowledged: nothing is written after it until the journal has been read again."""

import asyncio
import uuid
from itertools import pairwise

import pytest

from sync_engine.adapters.journal import KafkaJournal
from sync_engine.domain.tally import Tally
from sync_engine.errors import JournalLost
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import NewTopic
from twin_common.errors import SendFailed
from twin_schemas.records import (
    Epoch,
    JointCommand,
    JointMode,
    JointTarget,
    ObservationFrame,
    SetJointCommand,
    SourcesAcquired,
    TimeDiscontinuity,
)

TWIN = str(uuid.UUID(int=7))


class LossyProducer:
    """Loses what is posted to one topic while the bus is told to."""

    def __init__(self, bus, inner) -> None:
        self._bus, self._inner = bus, inner

    async def post(self, topic, **record):
        if self._bus.losing and topic.endswith("sim.journal"):
            self._bus.lost += 1
            raise SendFailed(f"{topic} refused a record: for a test")
        return await self._inner.post(topic, **record)

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *failure):
        await self._inner.close()


class LossyBus(MemoryBus):
    """A bus in memory whose journal can be made to fail."""

    losing = False
    lost = 0

    async def producer(
        self, *, on_failure=None, gather_ms=0, unbroken=False, still_meant=None, answer_ms=None
    ):
        return LossyProducer(self, await super().producer(on_failure=on_failure))


@pytest.fixture
def memory_bus() -> LossyBus:
    return LossyBus()


async def test_after_a_loss_the_journal_goes_on_under_a_new_epoch_without_a_hole(world, memory_bus, until):
    async with world.engine():
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        memory_bus.losing = True

        async def lost():
            return memory_bus.lost

        await until(lost)
        await world.command(
            SetJointCommand(TWIN, "push", [JointTarget("/World/Pendulum/hinge", JointMode.EFFORT, 1.0)])
        )
        memory_bus.losing = False

        async def on():
            records = await world.effective(TWIN)
            return [r for r in records if isinstance(r, JointCommand)] and records

        await until(on)
    records = await world.effective(TWIN)
    ticks = []
    for record in records:
        if isinstance(record, ObservationFrame):
            ticks.append(record.tick)
        elif isinstance(record, TimeDiscontinuity):
            ticks += range(record.first_tick, record.last_tick + 1)
    assert all(after == before + 1 for before, after in pairwise(ticks))
    assert [r.epoch.counter for r in records if isinstance(r, SourcesAcquired)][:2] == [1, 2]
    assert [r.command_id for r in records if isinstance(r, JointCommand)] == ["push"]


def unaccounted(counts, frames) -> int:
    """Readings accepted, neither in a frame nor counted as none."""
    framed = sum(len(frame.readings) for frame in frames)
    return counts["readings"] - counts["dropped"] - counts["discarded"] - framed


async def test_readings_that_a_loss_takes_along_are_counted(world, memory_bus, device, until, monkeypatch):
    async with world.engine() as service:
        await world.incarnate(await world.specify(world.definition(), twin=TWIN))
        await until(lambda: world.frames(TWIN))

        async def counts():
            held = service.partitions.all_twins()
            return held and held[0].session.owned and held[0].session.tally.counts

        async def lose() -> None:
            await until(counts)
            for turn in range(200):
                memory_bus.losing = turn >= 50
                device.say("plant/pendulum/plain", 1.0)
                await asyncio.sleep(0.002)
            memory_bus.losing = False

        for _ in range(3):
            await lose()

        async def balanced():
            return unaccounted(await until(counts), await world.frames(TWIN)) == 0

        await until(balanced)
        assert (await until(counts))["discarded"] > 0
        monkeypatch.setattr(Tally, "discard", lambda *_: None)  # a mutant that keeps it to itself
        await lose()
        await until(counts)
        await asyncio.sleep(0.2)
        assert not await balanced()


async def test_what_waits_for_an_acknowledgement_hears_of_the_loss(memory_bus):
    async with await memory_bus.admin() as admin:
        await admin.create_topics([NewTopic("x.sim.journal", 1)])
    heard = []
    journal = KafkaJournal(memory_bus, "x.sim.journal", heard.append)
    await journal.reopen()
    task = asyncio.create_task(journal.run())
    record = SourcesAcquired(Epoch(1, "w"), -1, 0, 0)
    journal.append(0, TWIN, record)
    await journal.settled(0)
    memory_bus.losing = True
    journal.append(0, TWIN, record)
    with pytest.raises(JournalLost):
        await journal.settled(0)
    journal.append(0, TWIN, record)  # goes nowhere
    memory_bus.losing = False
    await journal.reopen()
    journal.append(0, TWIN, record)
    await journal.settled(0)
    task.cancel()
    assert len(heard) == 1
    assert len(memory_bus.records("x.sim.journal")) == 2
