"""Turns at what only a few may do at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from twin_common.turns import Turns


async def test_one_owner_has_half_of_the_turns_and_others_the_rest() -> None:
    turns = Turns(4)
    async with AsyncExitStack() as had:
        for _ in range(2):
            await had.enter_async_context(turns.turn("acme"))
        assert turns.crowded("acme")
        assert not turns.crowded("other")
        for _ in range(2):
            await had.enter_async_context(turns.turn("other"))
        assert turns.crowded("third")
    assert not turns.crowded("acme")


async def test_who_waits_for_its_own_share_keeps_nobody_else_waiting() -> None:
    turns, order = Turns(2), list[str]()

    async def work(owner: str, until: asyncio.Event) -> None:
        async with turns.turn(owner):
            order.append(owner)
            await until.wait()

    heavy, light = asyncio.Event(), asyncio.Event()
    light.set()
    async with asyncio.TaskGroup() as several:
        for _ in range(3):
            several.create_task(work("acme", heavy))
        await several.create_task(work("other", light))
        assert order == ["acme", "other"]
        heavy.set()
    assert order == ["acme", "other", "acme", "acme"]


async def test_a_cancelled_turn_is_free_again() -> None:
    turns = Turns(1)

    async def hang() -> None:
        async with turns.turn("acme"):
            await asyncio.Event().wait()

    hanging = [asyncio.ensure_future(hang()) for _ in range(2)]
    await asyncio.sleep(0)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    async with asyncio.timeout(5), turns.turn("acme"):
        assert turns.crowded("other")
