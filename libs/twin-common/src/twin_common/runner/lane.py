"""One partition in progress: a queue of records, the task that takes them to their handlers, one after the other, and
the task that waits until their effects count.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from twin_common.bus.types import Offset, Record, TopicPartition
from twin_common.errors import Busy, Retryable
from twin_common.runner.message import Confirmation

Deliver = Callable[[Record, Callable[[], bool]], Awaitable[Confirmation | bool]]

_CONFIRMED_S = 0.005


class LaneEnded(RuntimeError):
    """A lane was cancelled by somebody else than its runner: its partition would stand still for ever."""


@dataclass(eq=False, slots=True)
class _Entry:
    """A record, and how far it is: None: to be handled; True: at its end; otherwise what tells whether it counts."""

    record: Record
    done: Confirmation | bool | None = None


class Lane:
    """Works off one partition in order, and knows how far its effects are durable.

    Args:
        tp: the partition.
        deliver: takes one record to its end; False leaves it uncommitted, True is for good.
    """

    def __init__(self, tp: TopicPartition, deliver: Deliver) -> None:
        self.tp = tp
        self._deliver = deliver
        self._entries: deque[_Entry] = deque()
        self._to_do, self._done = asyncio.Event(), asyncio.Event()
        self._stopping = False
        self._turn = 0
        self._handled: int | None = None
        self._committed: int | None = None
        where = f"{tp.topic}[{tp.partition}]"
        self._worker = asyncio.create_task(self._work(), name=f"lane {where}")
        self._confirmer = asyncio.create_task(self._confirm(), name=f"confirmations of {where}")

    def add(self, record: Record) -> None:
        """Queue a record."""
        self._entries.append(_Entry(record))
        self._to_do.set()

    @property
    def backlog(self) -> int:
        """Records queued, the one being handled and those that aren't confirmed included."""
        return len(self._entries)

    @property
    def to_commit(self) -> Offset | None:
        """Progress that isn't committed yet."""
        return None if self._handled in (None, self._committed) else Offset(self._handled or 0)

    def committed(self, offset: int) -> None:
        """Progress up to here is committed."""
        self._committed = offset

    @property
    def failure(self) -> BaseException | None:
        """What ended the lane, if anything did."""
        for task in (self._worker, self._confirmer):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                return error
            if task.cancelled() and not self._stopping:
                return LaneEnded(f"{task.get_name()} was cancelled")
        return None

    async def _work(self) -> None:
        while not self._stopping:
            entry = next((each for each in self._entries if each.done is None), None)
            if entry is None:
                self._to_do.clear()
                await self._to_do.wait()
                continue
            turn = self._turn
            done = await self._deliver(entry.record, partial(self._interrupted, turn))
            if self._turn != turn and done is not True:
                continue  # it comes again, behind those that came before it
            if done is False:
                return
            entry.done = done
            self._done.set()

    def _interrupted(self, turn: int) -> bool:
        """Whether a record that is tried again and again had better be left: it comes again."""
        return self._stopping or self._turn != turn

    async def _confirm(self) -> None:
        while self._unconfirmed or not (self._stopping and self._worker.done()):
            if not self._unconfirmed:
                self._done.clear()
                await self._done.wait()
                continue
            entry = self._entries[0]
            try:
                if not isinstance(entry.done, bool) and entry.done is not None:
                    await entry.done()
            except (Busy, Retryable):
                if self._stopping:
                    return
                self._go_back()
            else:
                self._entries.popleft()
                self._handled = entry.record.offset + 1

    @property
    def _unconfirmed(self) -> bool:
        return bool(self._entries) and self._entries[0].done is not None

    def _go_back(self) -> None:
        """What isn't confirmed is handled again, before anything else; what is at its end for good isn't."""
        self._turn += 1
        for entry in self._entries:
            if entry.done is not True:
                entry.done = None
        self._to_do.set()

    async def finish(self, within_s: float) -> None:
        """Let the record in hand come to its end and be confirmed, drop the rest; raises nothing (see `failure`)."""
        self._stopping = True
        self._to_do.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await asyncio.wait({self._worker})
                while self._unconfirmed and not self._confirmer.done():  # noqa: ASYNC110 (only on the way out)
                    await asyncio.sleep(_CONFIRMED_S)
        await self.abandon()

    async def abandon(self) -> None:
        """Stop in the middle: the record in hand is handled again elsewhere."""
        self._stopping = True
        tasks = {self._worker, self._confirmer}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
