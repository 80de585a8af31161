"""Where a stuck task stands can be read."""

import asyncio

from twin_common.tasks import waits_in


async def inner(gate: asyncio.Event) -> None:
    await gate.wait()


async def outer(gate: asyncio.Event) -> None:
    await inner(gate)


async def test_the_calls_of_a_waiting_task_are_told_from_the_outside_in() -> None:
    gate = asyncio.Event()
    task = asyncio.create_task(outer(gate))
    await asyncio.sleep(0)
    told = waits_in(task)
    assert [line.split()[0] for line in told[:3]] == ["outer", "inner", "Event.wait"]
    assert "Future" in told[-1]
    gate.set()
    await task
