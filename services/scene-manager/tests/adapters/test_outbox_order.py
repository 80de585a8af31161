"""What every outbox promises, in memory and in PostgreSQL."""

from __future__ import annotations

import asyncio

from scene_manager.domain.outbox import Draft, Kind
from scene_manager.domain.ports import Transaction
from scene_manager.testing import samples as sample
from scene_manager.testing.samples import ID, OTHER, World


async def fill(world: World, *drafts: Draft) -> None:
    async def decide(tx: Transaction) -> None:
        await tx.emit(drafts)

    await world.work.apply(decide)


async def test_entries_come_out_as_they_went_in(world: World) -> None:
    drafts = [sample.draft("a", 1), sample.draft("b", 2), sample.draft("a", 3)]
    await fill(world, *drafts[:2])
    await fill(world, drafts[2])
    async with world.outbox.lead() as backlog:
        due = await backlog.due(100, ())
        assert [entry.draft for entry in due] == drafts
        assert [entry.draft for entry in await backlog.due(2, ())] == drafts[:2]
        assert [entry.draft for entry in await backlog.due(100, {"a"})] == [drafts[1]]
        await backlog.done(due[:1])
        assert [entry.draft for entry in await backlog.due(100, ())] == drafts[1:]


async def test_what_is_not_noted_as_done_is_there_for_the_next_leader(world: World) -> None:
    await fill(world, sample.draft("a", 1))
    async with world.outbox.lead() as backlog:
        before = await backlog.due(100, ())
    async with world.outbox.lead() as backlog:
        assert await backlog.due(100, ()) == before


async def test_there_is_one_leader_at_a_time(world: World) -> None:
    order: list[str] = []

    async def second() -> None:
        async with world.outbox.lead():
            order.append("second leads")

    async with world.outbox.lead():
        waiter = asyncio.create_task(second())
        await asyncio.sleep(0.1)
        order.append("first is done")
    await waiter
    assert order == ["first is done", "second leads"]


async def test_a_deleted_twins_name_is_free_once_its_topic_has_gone(world: World) -> None:
    async def created(tx: Transaction) -> None:
        await tx.twins.add(sample.twin().delete(sample.MADE))
        await tx.emit([sample.draft(ID, 1, kind=Kind.REMOVE_TOPIC)])

    await world.work.apply(created)

    async def taken(tx: Transaction) -> bool:
        try:
            async with tx.attempt():
                await tx.twins.add(sample.twin(OTHER))
        except ValueError:
            return True
        return False

    answers: list[bool] = []

    async def try_it(tx: Transaction) -> None:
        answers.append(await taken(tx))

    await world.work.apply(try_it)
    async with world.outbox.lead() as backlog:
        await backlog.done(await backlog.due(100, ()))
    await world.work.apply(try_it)
    assert answers == [True, False]
