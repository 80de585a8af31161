"""Holding partitions: taking journals over, staying their only writer, and letting them go (journal rules 1-3, 6)."""

import asyncio
from collections.abc import Callable

from sync_engine.domain.kinds import Kinds
from sync_engine.domain.ports import Follower, Journal, Public, Tails
from sync_engine.errors import JournalLost
from sync_engine.handlers.going_on import GoingOn
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.holding import Holding, mark_unusable
from sync_engine.handlers.partition import Partition
from sync_engine.handlers.writing import Writing
from twin_common.bus.api import Consumer
from twin_common.bus.types import Record, TopicPartition
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.records import SourcesAcquired, TwinSpec

_log = get_logger(__name__)

_PAUSE_S = 1.0


class Partitions:
    """All partitions of this process."""

    def __init__(
        self,
        *,
        holding: Holding,
        clock: Clock,
        journal: Journal,
        tails: Tails,
        public: Public,
        writing: Writing,
        crash: Callable[[Exception], None],
    ) -> None:
        """Begin with none.

        Args:
            holding: keeps the twins of each in line with their specs.
            clock: tells the time.
            journal: writes journals.
            tails: reads them to their ends.
            public: knows what is public.
            writing: the hot path.
            crash: told of an error that is ours; the process then ends.
        """
        self._holding, self._clock, self._crash = holding, clock, crash
        self._journal, self._tails, self._public, self._writing = journal, tails, public, writing
        self._specs: dict[str, TwinSpec] = {}
        self._loaded = asyncio.Event()
        self._held: dict[int, Partition] = {}
        self._reopening = asyncio.Lock()
        self._journal_is_lost = True
        self._acquisitions = Kinds(SourcesAcquired)
        self._journals: Follower
        self._predictions: Follower

    def attach(self, journals: Follower, predictions: Follower) -> None:
        """Name the followers, which give what they read to this object."""
        self._journals, self._predictions = journals, predictions
        self._going_on = GoingOn(self._tails, self._public, predictions, self._journal, self._clock)

    # -- what is held

    def twin(self, partition: int, twin: str) -> HeldTwin | None:
        """A twin that is held."""
        held = self._held.get(partition)
        return held.twins.get(twin) if held is not None else None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The partitions that the group has given to us."""
        return tuple(self._held)

    def partition(self, number: int) -> Partition | None:
        """A partition that the group has given to us."""
        return self._held.get(number)

    def all_twins(self) -> list[HeldTwin]:
        """Every twin held, on all partitions."""
        return [held for partition in self._held.values() for held in partition.twins.values()]

    # -- the group

    async def on_assigned(self, consumer: Consumer, tps: frozenset[TopicPartition]) -> None:
        """The group has assigned partitions: those kept go on as they are, new ones are taken over."""
        numbers = {tp.partition for tp in tps}
        for number in set(self._held) - numbers:
            await self.release(number)
        for partition in self._held.values():
            partition.unconfirmed.clear()  # what isn't committed comes again, in its order
        for number in sorted(numbers - set(self._held)):
            partition = self._held[number] = Partition(number)
            partition.task = asyncio.create_task(self._keep(partition), name=f"partition {number}")
            partition.task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Let everything go."""
        for number in list(self._held):
            await self.release(number)

    def lose_all(self, reason: str) -> None:
        """Nothing may be written or published until the journals are taken over again."""
        _log.warning("partitions in doubt", reason=reason)
        for partition in self._held.values():
            self._holding.stop_all(partition)
            partition.lose()

    def journal_lost(self, error: TwinError) -> None:
        """The journal's producer has lost a record."""
        self._journal_is_lost = True
        self.lose_all(f"a journal record wasn't acknowledged: {error}")

    # -- specs

    async def on_spec(self, twin: str, spec: TwinSpec | None) -> None:
        """What should run has changed; None: the twin is gone."""
        before = self._specs.get(twin)
        if spec is None and (before is None or self.twin(before.partition, twin) is None):
            await self._public.forget(twin)  # it was deleted while nobody held it
        if spec == before:
            return
        if spec is None:
            self._specs.pop(twin, None)
        else:
            self._specs[twin] = spec
        for known in (before, spec):
            if known is not None and (partition := self._held.get(known.partition)) is not None:
                partition.changed.set()

    def specs_loaded(self) -> None:
        """Every spec that was there at the start is known."""
        self._loaded.set()

    # -- the journal, read back

    async def on_journal(self, record: Record) -> None:
        """A record of a journal of ours was read back."""
        partition = self._held.get(record.partition)
        twin = (record.key or b"").decode(errors="replace")
        if partition is not None:
            partition.read_back = record.offset + 1
        if partition is None or record.value is None:
            return
        if (arriving := partition.arriving.get(twin)) is not None:
            arriving.append((record.offset, record.value))
            return
        held = partition.twins.get(twin)
        if held is None:
            return
        if not held.decided.done():
            self._read_back(held, record.offset, record.value)
        elif held.session.owned and self._acquisitions.has(record.value):
            acquired = codec.decode(record.value)
            if isinstance(acquired, SourcesAcquired) and not held.still_ours(acquired):
                self.fence(held, f"writer {acquired.epoch.writer} has acquired {acquired.epoch.counter}")

    def fence(self, held: HeldTwin, reason: str) -> None:
        """Somebody else writes a twin's journal: its whole partition is in doubt."""
        _log.warning("fenced", twin=held.session.spec.name, reason=reason)
        self._holding.stop(held)
        if (partition := self._held.get(held.partition)) is not None:
            partition.lose()

    def give_up(self, held: HeldTwin, error: ValueError) -> None:
        """Nobody can go on with a twin's journal; the others of its partition do."""
        held.decide(owned=True)  # those who take the partition over don't wait for it
        self._holding.stop(held)
        if (partition := self._held.get(held.partition)) is not None:
            partition.twins.pop(held.session.spec.twin, None)
            mark_unusable(partition, held.session.spec, f"its journal can't be continued: {error}")

    def _read_back(self, held: HeldTwin, offset: int, value: bytes) -> None:
        owned = held.read_back(offset, value)
        if owned is None:
            return
        if owned:
            self._writing.write(held, held.own(self._clock.now_ns()))
            if held.session.owned:
                self._holding.connect(held)
        held.decide(owned=owned)

    # -- one partition's life

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._crash(error)

    async def _keep(self, partition: Partition) -> None:
        """Take a partition over, again after each loss, until it is released."""
        while True:
            try:
                await self._loaded.wait()
                await self._open_journal()
                partition.lost.clear()
                await self._holding.reconcile(partition, self._specs, self._journals)
                partition.ready.set()
                await self._going_on.publish(partition, partition.twins.keys())
                _log.info("partition taken over", partition=partition.number, twins=len(partition.twins))
                while not partition.lost.is_set():
                    await partition.changed.wait()
                    partition.changed.clear()
                    if not partition.lost.is_set():
                        anew = await self._holding.reconcile(partition, self._specs, self._journals)
                        await self._going_on.catch_up(partition, anew)
                    if not partition.lost.is_set():
                        for held, epoch in await self._going_on.settle(partition):
                            self.fence(
                                held, f"writer {epoch.writer} has epoch {epoch.counter} in the journal"
                            )
            except (TwinError, TimeoutError) as error:
                _log.warning("taking a partition over failed", partition=partition.number, reason=str(error))
                if isinstance(error, TimeoutError) and self._journal.backlog(partition.number):
                    self.journal_lost(JournalLost(str(error)))  # acquisitions weren't even taken
            self._drop(partition)
            await self._clock.sleep(_PAUSE_S)

    async def _open_journal(self) -> None:
        async with self._reopening:
            if self._journal_is_lost:
                await self._journal.reopen()
                self._journal_is_lost = False

    def _drop(self, partition: Partition) -> None:
        self._holding.stop_all(partition)
        partition.forget()
        self._journals.drop(partition.number)
        self._predictions.drop(partition.number)

    async def release(self, number: int) -> None:
        """Write nothing more of a partition, and forget it."""
        partition = self._held.pop(number)
        await partition.stop()
        self._drop(partition)
        _log.info("partition released", partition=number)
