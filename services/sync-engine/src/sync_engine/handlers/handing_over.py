"""An ordered end: the journals go on until others have them (journal rules 2 and 3)."""

import asyncio
from contextlib import suppress

from sync_engine.handlers.partitions import Partitions
from twin_common.bus.api import Bus
from twin_common.errors import TwinError
from twin_common.logs import get_logger

_log = get_logger(__name__)


async def has_successor(bus: Bus, topic: str, partitions: Partitions) -> bool:
    """Whether other members of the group hold partitions of its topic; ask before leaving the group."""
    try:
        async with await bus.reader() as reader:
            return len(await reader.partitions(topic)) > len(partitions.numbers)
    except TwinError:
        return False  # nobody can take anything over now


async def hand_over(partitions: Partitions, within_s: float) -> None:
    """Let everything go, each partition as soon as somebody else has acquired its journals; the group was left before.

    Until then its frames are written as ever. A successor's acquisition fences them, and it goes on at the next tick.

    Args:
        partitions: of this process.
        within_s: nobody has come by then, so nobody will.
    """
    await asyncio.gather(*(_one(partitions, number, within_s) for number in partitions.numbers))


async def _one(partitions: Partitions, number: int, within_s: float) -> None:
    held = partitions.partition(number)
    if held is not None and held.twins:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await held.lost.wait()
        _log.info("handed over", partition=number, acquired=held.lost.is_set())
    await partitions.release(number)
