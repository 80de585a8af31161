"""Empties the outbox: in order within a lane, lanes beside each other, each entry until it has worked."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from scene_manager.domain.outbox import Draft, Entry, Kind
from scene_manager.domain.ports import Backlog, Outbox
from scene_manager.errors import DatabaseUnreachable

Deliver = Callable[[Draft], Awaitable[None]]
"""Does what an entry asks for; may be called again for the same entry. Raises when it hasn't worked."""

_BATCH: Final = 500
_COUNT_S: Final = 1.0
_FORGET_S: Final = 3600.0
_KEEP_DAYS: Final = 8
"""What was published in this time is published again where a broker has lost it."""
_REMEMBER_DAYS: Final = 31
"""A day longer than dead letters are kept, so that no command can come again whose note is gone."""
_FINISH_S: Final = 20.0
"""Deliveries that are under way when the lead is lost have ended by then, one way or the other."""
_BACK_OFF_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that hasn't worked.

    Attributes:
        retry_s: it is tried again after this long.
    """

    entry: Entry
    error: Exception
    retry_s: float


class Relay:
    """Delivers what is committed, at least once.

    An entry is noted as done after its delivery only, so a crash between the two repeats it, byte for byte.
    One that can't be delivered holds up its own lane only.

    A process that is paused loses the lead, and may have been about to deliver something that its successor has
    delivered meanwhile, with more behind it. So it looks before each delivery whether it still leads, and has the
    newest records of the lanes that were under way published once more.

    Args:
        deliver: does what an entry asks for.
        wake: set when something has been committed here.
        poll_s: how often it looks for entries that nobody told it of.
        on_failure: told of every delivery that hasn't worked.
        on_round: told about once a second how many entries wait; None: another process delivers them.
    """

    def __init__(
        self,
        outbox: Outbox,
        deliver: Deliver,
        *,
        wake: asyncio.Event,
        poll_s: float,
        on_failure: Callable[[Failure], None] = lambda _: None,
        on_round: Callable[[int | None], None] = lambda _: None,
    ) -> None:
        self._outbox = outbox
        self._deliver = deliver
        self._poll_s = poll_s
        self._on_failure = on_failure
        self._on_round = on_round
        self._wake = wake
        self._idle = asyncio.Event()
        self._doubtful: set[str] = set()
        self._leading = False

    async def drain(self, seconds: float) -> None:
        """Return when nothing is left to deliver, or after so long; at once when another process leads."""
        if self._leading:
            self._idle.clear()
            self._wake.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._idle.wait()

    async def run(self) -> None:
        """Empty the outbox for ever; without the database, wait for it."""
        attempt = 0
        while True:
            self._on_round(None)
            try:
                if self._doubtful:
                    await self._outbox.doubt(self._doubtful)
                    self._doubtful.clear()
                async with self._outbox.lead() as backlog:
                    self._leading = True
                    attempt = 0
                    await self._empty(backlog)
            except DatabaseUnreachable:
                await asyncio.sleep(_BACK_OFF_S[min(attempt, len(_BACK_OFF_S) - 1)])
                attempt += 1
            finally:
                self._leading = False

    async def _empty(self, backlog: Backlog) -> None:
        """Give every lane with entries a task, until the database has gone."""
        lanes: dict[str, asyncio.Task[None]] = {}
        lock = asyncio.Lock()  # the backlog is one connection
        delivered: list[Entry] = []
        failures: defaultdict[str, int] = defaultdict(int)
        count_at = forget_at = time.monotonic()
        try:
            while True:
                self._wake.clear()
                for lane in [lane for lane, task in lanes.items() if task.done()]:
                    lanes[lane].result()  # DatabaseUnreachable: lead again
                    del lanes[lane]
                async with lock:
                    due = await backlog.due(_BATCH, lanes.keys())
                    if time.monotonic() >= count_at:
                        self._on_round(await backlog.pending())
                        count_at = time.monotonic() + _COUNT_S
                    if time.monotonic() >= forget_at:
                        await backlog.forget(_KEEP_DAYS, _REMEMBER_DAYS)
                        forget_at = time.monotonic() + _FORGET_S
                if not due and not lanes:
                    self._idle.set()
                by_lane: defaultdict[str, list[Entry]] = defaultdict(list)
                for entry in due:
                    by_lane[entry.draft.lane].append(entry)
                for lane, entries in by_lane.items():
                    lanes[lane] = asyncio.create_task(self._walk(entries, backlog, lock, delivered, failures))
                await self._news()
        except DatabaseUnreachable:
            if lanes:
                self._doubtful |= lanes.keys()
                await asyncio.wait(lanes.values(), timeout=_FINISH_S)
            raise
        finally:
            for task in lanes.values():
                task.cancel()
            await asyncio.gather(*lanes.values(), return_exceptions=True)

    async def _news(self) -> None:
        """Return when something may have come up."""
        # Not `wait_for`: in Python 3.11 it can swallow a cancellation.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):
                await self._wake.wait()

    async def _walk(
        self,
        entries: list[Entry],
        backlog: Backlog,
        lock: asyncio.Lock,
        delivered: list[Entry],
        failures: defaultdict[str, int],
    ) -> None:
        """Deliver the entries of one lane one after another, until one fails."""
        lane = entries[0].draft.lane
        failure: Failure | None = None
        for entry in entries:
            if not backlog.lasts():
                raise DatabaseUnreachable("this process stood still, and another one may lead by now")
            try:
                if entry.draft.kind is Kind.AGAIN:
                    async with lock:
                        newest = await backlog.newest(entry)
                    for draft in newest:
                        await self._deliver(draft)
                else:
                    await self._deliver(entry.draft)
            except DatabaseUnreachable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the entry is still to be done
                failures[lane] += 1
                pause = _BACK_OFF_S[min(failures[lane], len(_BACK_OFF_S)) - 1]
                failure = Failure(entry, error, pause)
                break
            delivered.append(entry)
            if entry.draft.kind is Kind.REMOVE_TOPIC:  # frees a name, which what comes behind it relies on
                await _note(delivered, backlog, lock)
        await _note(delivered, backlog, lock)
        if failure is None:
            failures.pop(lane, None)
        else:
            self._on_failure(failure)
            await asyncio.sleep(failure.retry_s)
        self._wake.set()


async def _note(delivered: list[Entry], backlog: Backlog, lock: asyncio.Lock) -> None:
    """Note what has been delivered in any lane as done; whoever waited here meanwhile finds nothing left to note."""
    async with lock:
        if delivered:
            together = delivered.copy()
            delivered.clear()
            await backlog.done(together)
