"""What a partition waits for before it is ours (journal rule 2)."""

import asyncio
from collections.abc import Iterable, Set
from contextlib import suppress
from typing import Final

from sync_engine.domain.ports import Follower
from sync_engine.errors import Fenced, JournalLost
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partition import Partition
from twin_common.logs import get_logger

_log = get_logger(__name__)

_SOURCES_S: Final = 0.5
_DECIDE_S: Final = 10.0
_RENEW_S: Final = 2.5
"""Acquisitions come back within some ten milliseconds: after so long, their reader waits on a dead connection."""


async def sources_answered(twins: Iterable[HeldTwin]) -> None:
    """Wait a moment for sources to be connected, so that what they say is heard before their journals are ours."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SOURCES_S):
            for held in twins:
                await held.answered()


async def all_decided(
    partition: Partition,
    undecided: Set[asyncio.Future[bool]],
    journals: Follower,
    *,
    renew_s: float = _RENEW_S,
    within_s: float = _DECIDE_S,
) -> None:
    """Wait for acquisitions to be read back; their follower connects anew when that takes long.

    Args:
        partition: whose they are.
        undecided: one for each; losing the partition decides them, too, so nobody waits here for nothing.
        journals: reads them back.
        renew_s: after this it connects anew.
        within_s: longest wait.

    Raises:
        JournalLost: the partition was lost meanwhile.
        Fenced: another writer was faster.
        TimeoutError: they didn't come back.
    """
    _, pending = await asyncio.wait(undecided, timeout=renew_s)
    if pending:
        _log.warning("acquisitions take long: reading them by another connection", partition=partition.number)
        journals.renew()
        _, pending = await asyncio.wait(undecided, timeout=within_s - renew_s)
    if partition.lost.is_set():
        raise JournalLost(f"partition {partition.number} was lost while it was taken over")
    if pending:
        raise TimeoutError(f"acquisitions on partition {partition.number} didn't come back")
    if not all(decided.result() for decided in undecided):
        raise Fenced(f"another writer was faster on partition {partition.number}")
