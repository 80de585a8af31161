"""What a partition waits for before it is ours, and where its predictions go on (journal rules 2 and 6)."""

import asyncio
from collections.abc import Iterable, Set
from contextlib import suppress
from typing import Final

from sync_engine.domain.ports import Follower, Journal, Public, Tails
from sync_engine.domain.publication import NEVER
from sync_engine.errors import Fenced, JournalLost
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partition import Partition
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.logs import get_logger
from twin_schemas.records import Epoch

_log = get_logger(__name__)

_SOURCES_S: Final = 0.5
_DECIDE_S: Final = 10.0
_RENEW_S: Final = 2.5
"""Acquisitions come back within some ten milliseconds: after so long, their reader waits on a dead connection."""
_REPLACED: Final = 256
"""So many records may a writer write before it hears that it is replaced."""
_LOOK_BACK_MS: Final = 300_000
_MARGIN_MS: Final = 2_000


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


async def successors(partition: Partition, tails: Tails) -> list[tuple[HeldTwin, Epoch]]:
    """Those of the doubted twins whose journals have a writer after us, by its epoch."""
    asked = [partition.twins[twin] for twin in partition.doubted if twin in partition.twins]
    partition.doubted.clear()
    if not asked:
        return []
    try:
        found, _ = await tails.read(
            partition.number, {held.session.spec.twin: held.session.spec for held in asked}
        )
    except TwinError as error:  # whoever follows the journal hears of it all the same
        _log.warning("a journal can't be read again", partition=partition.number, reason=str(error))
        return []
    epochs = [(held, found[held.session.spec.twin].tail.epoch) for held in asked]
    return [(held, epoch) for held, epoch in epochs if epoch and epoch.counter > held.session.epoch.counter]


def reach(partition: Partition, journal: Journal) -> int:
    """Offset that no record of a partition's journals has reached: behind what is acknowledged are those that aren't
    yet, and perhaps some of a writer that was replaced.
    """
    known = max(partition.end, journal.end(partition.number))
    return known + journal.backlog(partition.number) + _REPLACED


async def publish_on(
    partition: Partition, public: Public, predictions: Follower, clock: Clock, reached: int
) -> None:
    """Publish on behind the newest prediction that is public, if the journal, which ends before `reached`, can have led
    to it.
    """
    names = {twin: held.session.spec.name for twin, held in partition.twins.items()}
    newest = await public.newest(names)
    now_ms = clock.now_ns() // 1_000_000
    since = now_ms
    for twin, held in partition.twins.items():
        identity, at_ms = newest.get(twin, (NEVER, 0))
        if identity >= (held.session.tail.incarnation, reached):
            _log.error("a public prediction is of no journal", twin=names[twin], identity=identity)
            identity = NEVER
        held.session.publication.newest = max(held.session.publication.newest, identity)
        if held.session.running:
            since = min(since, at_ms)
    predictions.follow_since(partition.number, max(since - _MARGIN_MS, now_ms - _LOOK_BACK_MS))
