"""The twins of a partition: held, followed and let go as their specs say (journal rules 1 and 2)."""

import asyncio
from collections.abc import Iterable, Mapping

from sync_engine.domain.found_tail import FoundTail
from sync_engine.domain.limits import Limits
from sync_engine.domain.ports import Bridge, Follower, Journal, Public, Tails
from sync_engine.domain.publication import Publication
from sync_engine.domain.session import TwinSession
from sync_engine.domain.tally import Tally
from sync_engine.errors import JournalLost
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partition import Partition
from sync_engine.handlers.taking_over import all_decided, sources_answered
from sync_engine.handlers.writing import Writing
from twin_common.clock import Clock
from twin_common.definition import TwinDefinition
from twin_common.logs import get_logger
from twin_schemas.records import TwinSpec

_log = get_logger(__name__)

_READ_S = 30.0


class Holding:
    """Brings what is held of a partition in line with what should run on it."""

    def __init__(
        self,
        *,
        writer: str,
        limits: Limits,
        clock: Clock,
        journal: Journal,
        tails: Tails,
        public: Public,
        writing: Writing,
        bridges: Mapping[str, Bridge],
        default_broker: str,
    ) -> None:
        """Hold nothing yet.

        Args:
            writer: id of this process in epochs; never used by another.
            limits: bounds of the sessions.
            clock: tells the time.
            journal: writes journals.
            tails: reads them to their ends.
            public: told of twins that are gone.
            writing: the hot path.
            bridges: by type of source.
            default_broker: for publishing where a twin has no MQTT source.
        """
        self._writer, self._limits, self._clock = writer, limits, clock
        self._journal, self._tails, self._public, self._writing = journal, tails, public, writing
        self._bridges, self._default_broker = bridges, default_broker

    async def reconcile(
        self, partition: Partition, specs: Mapping[str, TwinSpec], journals: Follower
    ) -> set[str]:
        """Hold exactly the twins whose specs say so, as they say.

        Args:
            partition: whose twins.
            specs: all that are known, of every partition.
            journals: reads back what is written.

        Returns:
            Those taken over now of which something may be public: they publish nothing before that is looked up.

        Raises:
            TwinError, TimeoutError: not all of them could be taken over; nothing is half held.
        """
        wanted = {twin: spec for twin, spec in specs.items() if spec.partition == partition.number}
        self._let_go(partition, wanted)
        for twin, held in list(partition.twins.items()):
            if wanted[twin] != held.session.spec and not held.is_other(wanted[twin]):
                self._follow(held, wanted[twin])
        fresh = {
            twin: spec
            for twin, spec in wanted.items()
            if twin not in partition.twins and partition.unusable.get(twin) != spec
        }
        if (fresh and not partition.leaving) or not partition.followed:
            await self._take_over(partition, fresh, journals)
        for twin in [twin for twin in partition.tallies if twin not in specs and twin not in partition.twins]:
            await self._public.forget(twin)
            del partition.tallies[twin]
            partition.publications.pop(twin, None)
        for twin in [twin for twin in partition.requests if twin in partition.twins]:
            self._writing.incarnate(partition.twins[twin], partition.requests.pop(twin))
        now_held = (partition.twins[twin] for twin in fresh.keys() & partition.twins.keys())
        return {
            each.session.spec.twin for each in now_held if each.session.publication.held_back_ns is not None
        }

    def _let_go(self, partition: Partition, wanted: Mapping[str, TwinSpec]) -> None:
        """Stop what isn't wanted, or not as it is."""
        for twin, held in list(partition.twins.items()):
            if (spec := wanted.get(twin)) is None or (not partition.leaving and held.is_other(spec)):
                self.stop(held)
                del partition.twins[twin]
                partition.losses += spec is not None  # of one that is read anew, nobody reads back the newest

    def _follow(self, held: HeldTwin, spec: TwinSpec) -> None:
        session, before = held.session, held.session.definition.sync
        definition = TwinDefinition.model_validate_json(spec.definition)
        self._writing.write(held, session.follow(spec, definition, self._clock.now_ns()))
        if session.owned:
            held.reconnect(before, self._bridges, self._default_broker, self._writing.on_message)
            self.connect(held)

    async def _take_over(
        self,
        partition: Partition,
        specs: Mapping[str, TwinSpec],
        journals: Follower,
    ) -> None:
        partition.arriving = {twin: [] for twin in specs}
        async with asyncio.timeout(_READ_S):  # if it hangs: what fails is tried again
            found, end = await self._tails.read(partition.number, specs)
        if not partition.followed:
            partition.followed, partition.end, partition.read_back = True, end, end
            journals.follow(partition.number, end)
        fresh: dict[str, HeldTwin] = {}
        try:
            for twin, spec in specs.items():
                self._listen(partition, spec, found[twin], fresh)
            await sources_answered(fresh.values())
            if partition.lost.is_set():
                raise JournalLost(f"partition {partition.number} was lost while it was read")
            if partition.leaving:
                return  # to acquire them now would take them from the successor
            for twin, held in fresh.items():
                self._acquire(partition, held, partition.arriving.pop(twin))
        finally:
            partition.arriving.clear()
            for held in fresh.values():
                if held not in partition.twins.values():
                    held.disconnect()
        undecided = {held.decided for held in fresh.values() if held in partition.twins.values()}
        if undecided:
            await all_decided(partition, undecided, journals)

    def _listen(
        self, partition: Partition, spec: TwinSpec, found: FoundTail, fresh: dict[str, HeldTwin]
    ) -> None:
        """Hear a twin's sources before its journal is ours: what they say meanwhile waits."""
        try:
            definition = TwinDefinition.model_validate_json(spec.definition)
            tally = partition.tallies.setdefault(spec.twin, Tally())
            session = TwinSession(
                spec,
                definition,
                found.tail,
                self._writer,
                self._limits,
                tally,
                self._publication(partition, spec),
            )
        except ValueError as error:
            mark_unusable(partition, spec, str(error))
            return
        held = fresh[spec.twin] = HeldTwin(session, found, partition.number)
        self.connect(held)

    @staticmethod
    def _publication(partition: Partition, spec: TwinSpec) -> Publication:
        known = partition.publications.get(spec.twin)
        if known is None or known.name != spec.name:
            known = partition.publications[spec.twin] = Publication(spec.twin, spec.name)
        return known

    def connect(self, held: HeldTwin) -> None:
        """Open or close a twin's sources and outlets, as its spec desires."""
        held.connect(self._bridges, self._default_broker, self._writing.on_message)

    def _acquire(self, partition: Partition, held: HeldTwin, arrived: Iterable[tuple[int, bytes]]) -> None:
        try:
            acquired = held.acquire(arrived, self._clock.now_ns(), self._clock.monotonic_ns())
            if held.session.tail.genesis is not None:
                held.session.publication.hold_back(self._clock.now_ns())
            self._journal.append(partition.number, held.session.spec.twin, acquired)
        except ValueError as error:  # its epoch has no successor
            mark_unusable(partition, held.session.spec, str(error))
            return
        partition.twins[held.session.spec.twin] = held

    def stop(self, held: HeldTwin) -> None:
        """Write and publish nothing more of a twin."""
        held.session.fence()
        held.session.publication.set_aside(self._clock.now_ns())
        held.disconnect()
        held.decide(owned=False)
        self._writing.forget(held)

    def stop_all(self, partition: Partition) -> None:
        """The same for all of a partition."""
        for held in partition.twins.values():
            self.stop(held)


def mark_unusable(partition: Partition, spec: TwinSpec, reason: str) -> None:
    """A twin can't be held as its spec is; it is tried again when that changes."""
    _log.error("twin can't be held", twin=spec.name, reason=reason)
    partition.unusable[spec.twin] = spec
