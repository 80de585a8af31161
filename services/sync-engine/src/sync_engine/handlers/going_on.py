"""Where predictions go on, and whether twins are still ours where that is in doubt (journal rules 2 and 6)."""

import asyncio
from collections.abc import Collection
from typing import Final

from sync_engine.domain.ports import Follower, Journal, Public, Tails
from sync_engine.domain.publication import NEVER
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partition import Partition
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.logs import get_logger
from twin_schemas.records import Epoch

_log = get_logger(__name__)

_REPLACED: Final = 256
"""So many records may a writer write before it hears that it is replaced."""
_LOOK_BACK_MS: Final = 300_000
_MARGIN_MS: Final = 2_000
_READ_S: Final = 30.0
_AGAIN_S: Final = 1.0


def reach(partition: Partition, journal: Journal) -> int:
    """Offset that no record of a partition's journals has reached: behind what is acknowledged are those that aren't
    yet, and perhaps some of a writer that was replaced.
    """
    known = max(partition.end, journal.end(partition.number))
    return known + journal.backlog(partition.number) + _REPLACED


class GoingOn:
    """Reads what others have written and published, and goes on behind it."""

    def __init__(
        self, tails: Tails, public: Public, predictions: Follower, journal: Journal, clock: Clock
    ) -> None:
        """Do nothing yet.

        Args:
            tails: reads journals to their ends.
            public: knows what is public.
            predictions: follows what workers predict.
            journal: knows how far we have written.
            clock: tells the time.
        """
        self._tails, self._public, self._predictions = tails, public, predictions
        self._journal, self._clock = journal, clock

    async def publish(self, partition: Partition, twins: Collection[str]) -> None:
        """Publish on behind the newest prediction of each twin that is public, if its journal can have led to it.

        Raises:
            BrokerUnreachable: nobody knows which these are.
        """
        reached = reach(partition, self._journal)
        held = {twin: partition.twins[twin] for twin in twins}
        newest = await self._public.newest({twin: one.session.spec.name for twin, one in held.items()})
        now_ms = self._clock.now_ns() // 1_000_000
        since = now_ms
        for twin, one in held.items():
            identity, at_ms = newest.get(twin, (NEVER, 0))
            if identity >= (one.session.tail.incarnation, reached):
                _log.error(
                    "a public prediction is of no journal", twin=one.session.spec.name, identity=identity
                )
                identity = NEVER
            one.session.publication.go_on(identity)
            if one.session.running:
                since = min(since, at_ms)
        self._predictions.follow_since(partition.number, max(since - _MARGIN_MS, now_ms - _LOOK_BACK_MS))

    async def settle(self, partition: Partition) -> list[tuple[HeldTwin, Epoch]]:
        """Those of the doubted twins whose journals have a writer after us, by its epoch; if there are none, what was
        held back goes on. What can't be read now is tried again.
        """
        asked = {
            twin: partition.twins[twin]
            for twin in partition.doubted | partition.held_back
            if twin in partition.twins
        }
        if not asked:
            return []
        try:
            async with asyncio.timeout(_READ_S):
                found, _ = await self._tails.read(
                    partition.number, {twin: held.session.spec for twin, held in asked.items()}
                )
                epochs = [(held, found[twin].tail.epoch) for twin, held in asked.items()]
                later = [(held, by) for held, by in epochs if by and by.counter > held.session.epoch.counter]
                if not later and (back := partition.held_back & asked.keys()):
                    await self.publish(partition, back & partition.twins.keys())
        except (TwinError, TimeoutError) as error:
            _log.warning("a journal can't be read again", partition=partition.number, reason=str(error))
            asyncio.get_running_loop().call_later(_AGAIN_S, partition.changed.set)
            return []
        partition.doubted -= asked.keys()
        partition.held_back -= asked.keys()
        return later
