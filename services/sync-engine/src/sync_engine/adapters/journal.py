"""Writes journals through one pipelined producer."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Final

from sync_engine.errors import JournalLost
from twin_common.bus.api import Bus, Producer
from twin_common.bus.types import Headers, RecordPosition
from twin_common.errors import TwinError
from twin_schemas import codec
from twin_sim.journal import JournalRecord

_GATHER_MS: Final = 10
"""When the broker is busy; the frames of many twins share a request then."""


class KafkaJournal:
    """`sync_engine.domain.ports.Journal` on the bus.

    Records are encoded and queued at once and posted by one task, so that closing a frame never waits. The
    producer is idempotent and keeps each partition's order; the first record that isn't acknowledged ends
    the writing of all of them, because nobody knows what got through.
    """

    def __init__(
        self,
        bus: Bus,
        topic: str,
        on_lost: Callable[[TwinError], None],
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin unopened.

        Args:
            bus: opens the producer.
            topic: physical name of the journal's topic.
            on_lost: told once of each loss.
            on_answer: called whenever a broker has taken a record.
        """
        self._bus, self._topic, self._on_lost, self._on_answer = bus, topic, on_lost, on_answer
        self._producer: Producer | None = None
        self._queue: deque[tuple[int, bytes, bytes, Headers]] = deque()
        self._bell = asyncio.Event()
        self._appended: Counter[int] = Counter()
        self._acknowledged: Counter[int] = Counter()
        self._ends: dict[int, int] = {}
        self._generation = 0
        self._lost: TwinError | None = None
        self._settling: dict[int, deque[tuple[int, asyncio.Future[None]]]] = {}

    def append(self, partition: int, twin: str, record: JournalRecord, headers: Headers = ()) -> None:
        """Write a record, with these headers, behind all those appended before."""
        if self._lost is not None:
            return
        self._appended[partition] += 1
        self._queue.append((partition, twin.encode(), codec.encode(record), headers))
        self._bell.set()

    def backlog(self, partition: int) -> int:
        """Records not acknowledged yet."""
        return self._appended[partition] - self._acknowledged[partition]

    def end(self, partition: int) -> int:
        """The offset behind the last record that is acknowledged."""
        return self._ends.get(partition, 0)

    async def settled(self, partition: int) -> None:
        """Wait until everything appended to a partition so far is acknowledged."""
        if self._lost is not None:
            raise JournalLost(f"{self._topic}[{partition}]: {self._lost}")
        if self.backlog(partition):
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settling.setdefault(partition, deque()).append((self._appended[partition], done))
            await done

    async def reopen(self) -> None:
        """Open a new producer; the old one's fate is left to it."""
        old, self._producer = self._producer, None
        self._generation += 1
        if old is not None:
            # What it still had is given up: the journal is read again before anything is written.
            with contextlib.suppress(TwinError, TimeoutError):
                await asyncio.wait_for(old.close(), 1.0)
        self._forget()
        self._producer = await self._bus.producer(unbroken=True, gather_ms=_GATHER_MS)
        self._lost = None

    async def run(self) -> None:
        """Post what is queued, for ever."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            while self._queue and self._producer is not None and self._lost is None:
                # It stays queued until it is handed over: whoever is cancelled here leaves it to `close`.
                partition, key, value, headers = first = self._queue[0]
                generation = self._generation
                try:
                    posted = await self._producer.post(
                        self._topic, value=value, key=key, partition=partition, headers=headers
                    )
                except TwinError as error:
                    self._lose(generation, error)
                    break
                if self._queue and self._queue[0] is first:  # else a loss has emptied the queue meanwhile
                    self._queue.popleft()
                if posted.done():
                    self._settle(partition, generation, posted)
                else:
                    posted.add_done_callback(partial(self._settle, partition, generation))

    async def close(self) -> None:
        """Write what is queued, then release the producer."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            while self._queue and self._lost is None:
                partition, key, value, headers = self._queue.popleft()
                await producer.post(self._topic, value=value, key=key, partition=partition, headers=headers)
        finally:
            await producer.close()

    def _settle(self, partition: int, generation: int, posted: asyncio.Future[RecordPosition]) -> None:
        if generation != self._generation:
            return
        error = None if posted.cancelled() else posted.exception()
        if posted.cancelled() or error is not None:
            self._lose(generation, error if isinstance(error, TwinError) else JournalLost(str(error)))
            return
        self._on_answer()
        self._acknowledged[partition] += 1
        self._ends[partition] = posted.result().offset + 1
        settling = self._settling.get(partition)
        while settling and settling[0][0] <= self._acknowledged[partition]:
            _, done = settling.popleft()
            if not done.done():
                done.set_result(None)

    def _lose(self, generation: int, error: TwinError) -> None:
        if self._lost is not None or generation != self._generation:
            return
        self._lost = error
        for settling in self._settling.values():
            for _, done in settling:
                if not done.done():
                    done.set_exception(JournalLost(f"a journal record was not acknowledged: {error}"))
        self._forget()
        self._on_lost(error)

    def _forget(self) -> None:
        self._queue.clear()
        self._appended.clear()
        self._acknowledged.clear()
        self._settling.clear()
