"""The end of a journal as its next writer finds it."""

from dataclasses import replace

import pytest

from sync_engine.adapters.tails import KafkaTails
from sync_engine.domain.found_tail import FoundTail
from twin_common.bus.topics import create_topics
from twin_common.clock import SystemClock
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.records import Epoch, ObservationFrame, SourcesAcquired, TwinGenesis
from twin_sim.journal import JournalTail

JOURNAL, COMMANDS = topic("sim.journal").physical(), topic("sim.commands").physical()
CHECKPOINTS = topic("sim.checkpoints").physical()
SPEC = replace(examples.load("TwinSpec")["full"], partition=0)
EPOCH = Epoch(1, "writer-a")


async def no_blob(_twin, _digest):
    raise AssertionError("nothing lies in object storage")


async def found(bus, commands):
    """What is found of a journal whose last frame has sequenced command 7, when there are so many commands."""
    genesis = replace(examples.load("TwinGenesis")["full"], epoch=EPOCH, twin=SPEC.twin)
    assert isinstance(genesis, TwinGenesis)
    async with await bus.admin() as admin, await bus.producer() as producer:
        await create_topics(admin, catalogue(), "hanzo.twin", partitions=1)
        for record in (
            SourcesAcquired(EPOCH, -1, 0, 0),
            genesis,
            ObservationFrame(EPOCH, genesis.grid.tick, [], 7),
        ):
            await producer.send(JOURNAL, key=SPEC.twin.encode(), value=codec.encode(record), partition=0)
        for _ in range(commands):
            await producer.send(COMMANDS, key=SPEC.twin.encode(), value=b"any", partition=0)
    tails = KafkaTails(bus, JOURNAL, CHECKPOINTS, COMMANDS, no_blob, SystemClock())
    tails, _ = await tails.read(0, {SPEC.twin: SPEC})
    return tails[SPEC.twin].tail


@pytest.mark.parametrize(("commands", "sequenced"), [(8, 7), (20, 7), (5, 4), (0, -1)])
async def test_commands_that_a_broker_has_lost_are_not_taken_for_sequenced(memory_bus, commands, sequenced):
    tail = await found(memory_bus, commands)
    assert (tail.incarnation, tail.commands_offset) == (tail.genesis.incarnation, sequenced)
    assert tail.commands_folded == 7


async def test_checkpoints_of_other_twins_are_not_begun_from(memory_bus):
    own = replace(examples.load("TwinGenesis")["full"], epoch=EPOCH, twin=SPEC.twin, incarnation=3)
    taken = next(r for r in examples.load("CheckpointTaken").values() if r.snapshot is not None)
    state = replace(taken.snapshot, offset=1, genesis=replace(own, twin="another", incarnation=9))
    foreign = replace(taken, twin="another", incarnation=9, offset=7, snapshot=state)
    disguised = replace(foreign, twin=SPEC.twin)
    async with await memory_bus.admin() as admin, await memory_bus.producer() as producer:
        await create_topics(admin, catalogue(), "hanzo.twin", partitions=1)
        for record in (SourcesAcquired(EPOCH, -1, 0, 0), own):
            await producer.send(JOURNAL, key=SPEC.twin.encode(), value=codec.encode(record), partition=0)
        for slot, record in enumerate((foreign, disguised)):
            key = f"{SPEC.twin}/9/{slot}".encode()
            await producer.send(CHECKPOINTS, key=key, value=codec.encode(record), partition=0)
    tails = KafkaTails(memory_bus, JOURNAL, CHECKPOINTS, COMMANDS, no_blob, SystemClock())
    found_tails, _ = await tails.read(0, {SPEC.twin: SPEC})
    assert found_tails[SPEC.twin].tail.incarnation == 3


def test_the_genesis_of_another_twin_is_as_good_as_unreadable():
    found = FoundTail(SPEC.twin, JournalTail())
    found.take(0, codec.encode(SourcesAcquired(EPOCH, -1, 0, 0)))
    foreign = replace(examples.load("TwinGenesis")["full"], epoch=EPOCH, twin="another")
    assert not found.take(1, codec.encode(foreign))
    assert (found.tail.genesis, found.unreadable) == (None, "journal offset 1 is the genesis of twin another")
