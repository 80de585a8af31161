"""Hears on control.events what became of commands to running twins."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from api_gateway.adapters.following import Follower
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.reading import said_in, text_of
from api_gateway.domain.commands import ANSWERS, is_answer
from api_gateway.domain.live import Outcome
from api_gateway.domain.question import CONFLICT, Question
from api_gateway.errors import Problem
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_schemas.catalogue import topic
from twin_schemas.records import CommandApplied, CommandRefused

_ANSWERS = frozenset(kind.__name__.encode() for kind in ANSWERS)


class SimOutcomes:
    """`Outcomes` on the bus; `run` has to run beside its use.

    Args:
        bus: opens the reader.
        prefix: begins every physical topic name.
        clock: for the pause while no broker answers.
        ledger: is told of every outcome.
    """

    def __init__(self, bus: Bus, prefix: str, clock: Clock, ledger: Ledger) -> None:
        self._topic = topic("control.events").physical(prefix)
        self._ledger = ledger
        self._waiting: dict[str, list[tuple[Question, asyncio.Future[Outcome]]]] = {}
        self.follower = Follower(bus, self.apply, clock, from_end=True)

    async def run(self) -> None:
        """Listen, for ever."""
        await self.follower.run({self._topic: None})

    @contextmanager
    def expecting(self, question: Question) -> Iterator[asyncio.Future[Outcome]]:
        """The outcome of a command that is about to be sent."""
        if not self.follower.begun.is_set():
            raise Problem(
                "unavailable", "no broker has answered yet; nothing was done", headers={"Retry-After": "1"}
            )
        waiters = self._waiting.setdefault(question.command, [])
        if any(waiter.digest != question.digest for waiter, _ in waiters):
            raise Problem(CONFLICT, "the idempotency key belongs to another request that is under way")
        self._ledger.require_same(question)
        waiter = (question, asyncio.get_running_loop().create_future())
        if (applied := self._applied(question)) is not None:
            waiter[1].set_result(applied)
        waiters.append(waiter)
        try:
            yield waiter[1]
        finally:
            waiters.remove(waiter)
            if not waiters:
                self._waiting.pop(question.command, None)

    def _applied(self, question: Question) -> CommandApplied | None:
        """What was heard of a command that is asked for once more, as the gateway that had it is gone: it isn't told
        again. One that was refused may be taken this time.
        """
        for said in self._ledger.answers(question.org, question.command):
            if isinstance(said.record, CommandApplied) and question.takes(said):
                return said.record
        return None

    def apply(self, record: Record) -> None:
        """Note an answer of anybody's, and give an outcome to those who wait for it."""
        if record.header("ce_type") not in _ANSWERS or record.value is None:
            return
        if (said := said_in(record)) is None or not is_answer(said.record):
            return
        command = text_of(record, "ce_causationid")
        self._ledger.heard(command, said)
        outcome = said.record
        if not isinstance(outcome, CommandApplied | CommandRefused):
            return
        self._ledger.answered(command, said)
        for question, waiter in self._waiting.get(command, ()):
            if not waiter.done() and question.takes(said):
                waiter.set_result(outcome)
