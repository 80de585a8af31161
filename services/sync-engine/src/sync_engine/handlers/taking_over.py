"""What a partition waits for before it is ours, and where its predictions go on (journal rules 2 and 6)."""

import asyncio
from collections.abc import Set
from typing import Final

from sync_engine.domain.ports import Follower, Public
from sync_engine.domain.publication import NEVER
from sync_engine.errors import Fenced, JournalLost
from sync_engine.handlers.partition import Partition
from twin_common.clock import Clock
from twin_common.logs import get_logger

_log = get_logger(__name__)

_DECIDE_S: Final = 10.0
_RENEW_S: Final = 2.5
"""Acquisitions come back within some ten milliseconds: after so long, their reader waits on a dead connection."""
_LOOK_BACK_MS: Final = 300_000
_MARGIN_MS: Final = 2_000


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


async def publish_on(partition: Partition, public: Public, predictions: Follower, clock: Clock) -> None:
    """Publish on behind the newest prediction that is public."""
    names = {twin: held.session.spec.name for twin, held in partition.twins.items()}
    newest = await public.newest(names)
    now_ms = clock.now_ns() // 1_000_000
    since = now_ms
    for twin, held in partition.twins.items():
        identity, at_ms = newest.get(twin, (NEVER, 0))
        held.session.publication.newest = max(held.session.publication.newest, identity)
        if held.session.running:
            since = min(since, at_ms)
    predictions.follow_since(partition.number, max(since - _MARGIN_MS, now_ms - _LOOK_BACK_MS))
