"""Answers to this process, from its own partition of `bus.replies`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api_gateway.adapters.following import Follower
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.reading import said_in, text_of
from api_gateway.domain.question import CONFLICT, Question
from api_gateway.errors import Problem
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_schemas.catalogue import topic
from twin_schemas.record import Record as AvroRecord


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    question: Question
    answer: asyncio.Future[AvroRecord]


class Replies:
    """Hands each answer to those who wait for it; `run` has to run beside its use.

    Args:
        bus: read from.
        prefix: begins every physical topic name.
        clock: for pauses.
        ledger: is told of every answer.
        partition: of `bus.replies`.
    """

    def __init__(self, bus: Bus, prefix: str, clock: Clock, ledger: Ledger, partition: int) -> None:
        self._topic = topic("bus.replies").physical(prefix)
        self.partition = partition
        self._ledger = ledger
        self._waiters: dict[str, list[_Waiter]] = {}
        self.follower = Follower(bus, self.apply, clock, from_end=True)

    async def run(self) -> None:
        """Listen, for ever."""
        await self.follower.run({self._topic: (self.partition,)})

    @contextmanager
    def expecting(self, question: Question) -> Iterator[asyncio.Future[AvroRecord]]:
        """The answer to a command that is about to be sent.

        Raises:
            Problem: `idempotency_conflict`: a request with the same key and other content is under way.
        """
        waiters = self._waiters.setdefault(question.command, [])
        if any(waiter.question.digest != question.digest for waiter in waiters):
            raise Problem(CONFLICT, "the idempotency key belongs to another request that is under way")
        waiter = _Waiter(question, asyncio.get_running_loop().create_future())
        waiters.append(waiter)
        try:
            yield waiter.answer
        finally:
            waiters.remove(waiter)
            if not waiters:
                self._waiters.pop(question.command, None)

    def apply(self, record: Record) -> None:
        """Give one answer to those who wait for it; other processes may share the partition."""
        command, org = text_of(record, "ce_causationid"), text_of(record, "ce_org")
        waiters = self._waiters.get(command, [])
        if record.value is None or not (waiters or self._ledger.find(org, command)):
            return
        if (said := said_in(record)) is None:
            return
        self._ledger.answered(command, said)
        for waiter in waiters:
            if not waiter.answer.done() and waiter.question.takes(said):
                waiter.answer.set_result(said.record)
