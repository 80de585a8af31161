"""A real broker whose folder is set back, with every record, checkpoint and commit of the time since."""

import shutil
from contextlib import asynccontextmanager

from sim_worker_support.world import until
from sim_worker_support.world import world as make_world

from hanzo_twin.stack import EmbeddedStack
from twin_common.archive.marks import Mark, Marks, digest_of_value
from twin_common.blobs import MemoryBlobs
from twin_common.bus.kafka import KafkaBus
from twin_schemas.records import Epoch, IncarnationRequested

PREFIX = "set-back"


@asynccontextmanager
async def living(stack, blobs, journal=None):
    """The world while the broker runs; the writer of a journal goes on in it."""
    with stack:
        bus = KafkaBus(stack.connection.settings({}).stream)
        async with make_world(bus, PREFIX, session_timeout_ms=6000) as world:
            world.blobs = blobs
            if journal is not None:
                journal._bus, journal._producer = world.bus, world.producer
            yield world


async def mark(world, spec):
    """Note where the journal reaches, as the archivist does."""
    newest = (await world.read(world.topics.journal, spec.partition))[-1]
    noted = Mark(newest.timestamp_ms, newest.offset, digest_of_value(newest.value), incarnation=1)
    await Marks(world.blobs).put(spec.partition, noted)
    return newest.offset


async def test_a_broker_that_is_set_back_whole_leads_to_a_new_incarnation_that_says_so(tmp_path):
    stack, blobs = EmbeddedStack(tmp_path / "stack", parts=("kafka",)), MemoryBlobs()
    async with living(stack, blobs) as world:
        await world.work()
        spec, journal = await world.started()
        await world.covered(spec, await journal.frames(20))
        await world.stop()
        await mark(world, spec)
    shutil.copytree(stack.home.data / "kafka", tmp_path / "earlier")
    async with living(stack, blobs, journal) as world:
        await world.work()
        await world.covered(spec, await journal.frames(20))
        seen = {(p.incarnation, p.offset) for p in await world.predictions(spec)}
        await world.stop()
        reached = await mark(world, spec)
    shutil.rmtree(stack.home.data / "kafka")
    shutil.move(tmp_path / "earlier", stack.home.data / "kafka")
    async with living(stack, blobs, journal) as world:
        assert len(await world.read(world.topics.journal, spec.partition)) == 22
        await journal.acquire(Epoch(2, "writer-b"))
        await world.work()
        wanted = await until(lambda: anew(journal), 60)
        assert f"offset {reached} was seen in it" in wanted.reason
        assert (wanted.above, wanted.state.offset) == (1, 21)
        await until(journal.grant)
        await journal.frames(5)
        said = await until(lambda: second(world, spec), 60)
        assert not {(p.incarnation, p.offset) for p in said} & seen
        assert {p.offset for p in said} & {offset for _, offset in seen}


async def anew(journal):
    wanted = [r for r in await journal.requests() if isinstance(r, IncarnationRequested)]
    return wanted[-1] if "new incarnation" in wanted[-1].reason else None


async def second(world, spec):
    said = [p for p in await world.predictions(spec) if p.incarnation == 2]
    return said if len(said) == 5 else None
