"""An archivist that forgets what was written while it was away is caught, without any broker."""

from contextlib import asynccontextmanager

import forgetful_archivist
import pytest
from archive_support import SMALL, world_on
from faulting.books.archive import ArchiveBook

from sync_engine.handlers.sealing import Sealer
from twin_common.archive.ranges import unpack
from twin_common.blobs import MemoryBlobs


@pytest.fixture
async def world(memory_bus, topic_prefix):
    return await world_on(memory_bus, MemoryBlobs(), topic_prefix, SMALL)


@asynccontextmanager
async def archivist(world, instance):
    async with world.archivist(instance=instance) as made:

        async def held():
            return made._sealer.held

        await world.until(held, bool)
        yield


async def wrong(world):
    """What the book says after an archivist was away for 90 records."""
    async with archivist(world, "one"):
        await world.write(90)
        await world.sealed_to(90)
    await world.write(90)
    async with archivist(world, "two"):
        await world.write(10)
        await world.sealed_to(190)
    book = ArchiveBook()
    for record in await world.broker():
        book.written(record.partition, record.offset, record.key, record.value)
    for sealed in await world.ranges():
        book.sealed(unpack(await world.blobs.within("sealed").get(sealed.digest)))
    return book.settle()


async def test_a_sound_archivist_keeps_everything(world):
    assert await wrong(world) == []


async def test_a_forgetful_one_is_caught(world, monkeypatch):
    monkeypatch.setattr(Sealer, "assigned", Sealer.assigned)  # undone afterwards
    forgetful_archivist.apply()
    assert await wrong(world) == ["partition 0: 90 of offsets 90 to 179 aren't sealed"]
