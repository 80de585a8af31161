"""In order from one writer to the next: journals go on until others have them (journal rules 2 and 3)."""

import asyncio
from contextlib import suppress
from functools import partial

from sync_engine.handlers.partitions import Partitions
from twin_common.bus.api import Bus
from twin_common.errors import TwinError
from twin_common.logs import get_logger

_log = get_logger(__name__)


async def hand_over(partitions: Partitions, within_s: float) -> None:
    """Let everything go, each partition as soon as somebody else has acquired its journals; the group was left before.

    Until then its frames are written as ever. A successor's acquisition fences them, and it goes on at the next tick.

    Args:
        partitions: of this process.
        within_s: nobody has come by then, so nobody will.
    """
    await asyncio.gather(*(_one(partitions, number, within_s) for number in partitions.numbers))


class Leaving:
    """Partitions that the group has given to other members, until those have acquired their journals."""

    def __init__(self, partitions: Partitions, within_s: float) -> None:
        """Nothing leaves yet; each is let go after `within_s` at the latest."""
        self._partitions, self._within_s = partitions, within_s
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def still(self, ours: frozenset[int]) -> frozenset[int]:
        """What is to be held a little longer when the group has assigned only `ours`; it's let go by itself."""
        for number in ours & self._tasks.keys():
            task = self._tasks.pop(number)
            if number in self._partitions.numbers:
                task.cancel()  # it has come back
            else:
                await task
        leaving = frozenset(self._partitions.numbers) - ours
        for number in leaving - self._tasks.keys():
            task = asyncio.create_task(_one(self._partitions, number, self._within_s))
            self._tasks[number] = task
            task.add_done_callback(partial(self._ended, number))
        return leaving

    async def has_successor(self, bus: Bus, topic: str) -> bool:
        """Whether other members of the group hold partitions of its topic; ask before leaving the group."""
        ours = frozenset(self._partitions.numbers) - self._tasks.keys()
        try:
            async with await bus.reader() as reader:
                return len(await reader.partitions(topic)) > len(ours)
        except TwinError:
            return False  # nobody can take anything over now

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(number) is task:
            del self._tasks[number]


async def _one(partitions: Partitions, number: int, within_s: float) -> None:
    held = partitions.partition(number)
    if held is None:
        return
    if held.twins:
        held.leaving = True
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await held.lost.wait()
        finally:
            held.leaving = False
            held.changed.set()
        _log.info("handed over", partition=number, acquired=held.lost.is_set())
    if partitions.partition(number) is held:
        await partitions.release(number)
