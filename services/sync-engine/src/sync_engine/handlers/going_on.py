"""Where predictions go on, and whether twins are still ours where that is in doubt (journal rules 2 and 6)."""

import asyncio
from collections.abc import Collection, Mapping
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
_READ_S: Final = 10.0
_AGAIN_S: Final = 1.0
"""Looking takes the broker's time."""


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
        reached, now_ns = reach(partition, self._journal), self._clock.now_ns()
        held = {twin: partition.twins[twin] for twin in twins}
        for one in held.values():
            one.session.publication.hold_back(now_ns)
        newest = await self._public.newest({twin: one.session.spec.name for twin, one in held.items()})
        now_ms = since = self._clock.now_ns() // 1_000_000
        for twin, one in held.items():
            if twin in partition.held_back or partition.twins.get(twin) is not one:
                continue  # brokers were silent meanwhile: it is looked up again; or it was given up
            identity, due_ms = newest.get(twin, (NEVER, 0))
            publication = one.session.publication
            if identity >= (one.session.tail.incarnation, reached):
                _log.error(
                    "a public prediction is of no journal", twin=one.session.spec.name, identity=identity
                )
                identity, due_ms = publication.newest, 0
            is_known = publication.is_known
            if is_known and publication.newest == identity:
                # whatever isn't public came while it was held back
                due_ms = max(due_ms, (publication.held_back_ns or 0) // 1_000_000)
            publication.go_on(identity, self._clock.monotonic_ns())
            if (
                one.session.running or is_known
            ):  # one that has stopped since may have had its last frames predicted
                since = min(since, due_ms)
        self._predictions.follow_since(partition.number, max(since - _MARGIN_MS, now_ms - _LOOK_BACK_MS))

    async def catch_up(self, partition: Partition, twins: Collection[str]) -> None:
        """Publish on what was predicted of twins that were read anew, which nobody else can have done. What can't be
        looked up now is looked up when partitions settle.
        """
        if not twins:
            return
        try:
            async with asyncio.timeout(_READ_S):
                await self._public.settled()
                await self.publish(partition, partition.twins.keys() & twins)
        except (TwinError, TimeoutError) as error:
            _log.warning("what is public can't be looked up", partition=partition.number, reason=str(error))
            for twin in partition.twins.keys() & twins:
                partition.look_up(partition.twins[twin])

    async def settle(self, partition: Partition) -> list[tuple[HeldTwin, Epoch]]:
        """Those of the doubted twins whose journals have a writer after us, by its epoch; if there are none, what was
        held back goes on. What can't be read now is tried again, and nothing is read at once after it was.
        """
        loop = asyncio.get_running_loop()
        doubted = partition.doubted & partition.twins.keys()
        back = partition.held_back & partition.twins.keys()
        if not doubted | back:
            return []
        if (wait_s := partition.looked_up_s + _AGAIN_S - loop.time()) > 0:
            loop.call_later(wait_s, partition.changed.set)
            return []
        partition.doubted, partition.held_back, partition.looked_up_s = set(), set(), loop.time()
        asked = {twin: partition.twins[twin] for twin in doubted | back}
        try:
            async with asyncio.timeout(_READ_S):
                later = await self._successors(partition.number, asked)
                if back and not later:
                    await self._public.settled()
                    await self.publish(partition, back & partition.twins.keys())
        except (TwinError, TimeoutError) as error:
            _log.warning("a journal can't be read again", partition=partition.number, reason=str(error))
            partition.doubted |= doubted
            partition.held_back |= back
            partition.changed.set()
            return []
        return later

    async def _successors(
        self, partition: int, asked: Mapping[str, HeldTwin]
    ) -> list[tuple[HeldTwin, Epoch]]:
        found, _ = await self._tails.read(
            partition, {twin: held.session.spec for twin, held in asked.items()}
        )
        epochs = [(held, found[twin].tail.epoch) for twin, held in asked.items()]
        return [(held, by) for held, by in epochs if by and by.counter > held.session.epoch.counter]
