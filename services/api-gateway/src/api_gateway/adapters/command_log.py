"""What became of recent commands: from this process's memory, or by reading the last hour of the topics."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.reading import said_in
from api_gateway.adapters.searching import Search
from api_gateway.domain.commands import Found, is_answer
from api_gateway.domain.question import CONFLICT, Question, Said
from api_gateway.errors import Problem
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable, OffsetUnavailable
from twin_schemas.catalogue import topic
from twin_schemas.records import CommandApplied, CommandRefused, ControlRefused

_HOUR_MS = 3_600_000
_SKEW_MS = 60_000
_MAX_S = 5.0
_AT_ONCE = 2
_SENT = "sim.commands"


class BusCommandLog:
    """`CommandLog` on the bus.

    Most commands are known from what this process has sent or heard. Topics are read for the others: by a few look-ups
    at once, one of each organisation.
    """

    def __init__(
        self, bus: Bus, prefix: str, ledger: Ledger, clock: Clock, search: Search | None = None
    ) -> None:
        self._prefix, self._ledger, self._clock = prefix, ledger, clock
        self._search = search or Search(bus)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._own: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, org: str, command: str) -> Found | None:
        """A command of an organisation, by its id."""
        note = self._ledger.find(org, command)
        if note is not None and note.answer is not None:
            return Found(note.answer)
        for said in self._ledger.answers(org, command):
            return Found(said.record)
        since_ms, forward = self._place(command)
        if since_ms is None:
            return None
        async with self._turn(org):
            answers = _Answers(org, command)
            await self._search.find(answers.look, self._names("control.events"), since_ms, forward=forward)
            if answers.found is not None:
                return Found(answers.found.record)
            sent = self._names("control.commands", _SENT)
            if note is not None or await self._search.find(
                _is(org, command), sent, since_ms, forward=forward
            ):
                return Found(None)
        return None

    async def repeated(
        self, question: Question, partition: int, *, thorough: bool = False
    ) -> CommandApplied | CommandRefused | None:
        """What became of the same request to a running twin when it was sent before."""
        self._ledger.require_same(question)
        note = self._ledger.find(question.org, question.command)
        if note is not None and note.answer is not None:
            return note.answer if isinstance(note.answer, CommandApplied | CommandRefused) else None
        heard = [
            said for said in self._ledger.answers(question.org, question.command) if question.takes(said)
        ]
        if not heard and thorough:
            answers = _Answers(question.org, question.command, question)
            since_ms = self._clock.now_ns() // 1_000_000 - _HOUR_MS
            async with self._turn(question.org):
                await self._search.find(answers.look, self._names("control.events"), since_ms, forward=False)
            heard = [answers.found] if answers.found is not None else []
        for said in heard:
            if isinstance(said.record, CommandApplied | CommandRefused) and await self._same(
                question, partition
            ):
                return said.record
        return None

    async def _same(self, question: Question, partition: int) -> bool:
        """Whether a command with the question's id and content was sent before; False: nobody can say any more.

        Raises:
            Problem: `idempotency_conflict`: only with other content.
        """
        digests: set[bytes | None] = set()
        sent = {"ce_id": question.command, "ce_org": question.org, "ce_actor": question.actor}

        def look(record: Record) -> bool | None:
            if _says(record, sent) and record.header("ce_correlationid") != question.request_id.encode():
                digests.add(record.header("ce_requestdigest"))
            return (question.digest or "").encode() in digests or None

        since_ms = self._clock.now_ns() // 1_000_000 - _HOUR_MS
        async with self._turn(question.org):
            if await self._search.find(
                look, self._names(_SENT), since_ms, forward=False, partition=partition
            ):
                return True
        if digests:
            raise Problem(CONFLICT, "the idempotency key belongs to another request")
        return False

    def _place(self, command: str) -> tuple[int | None, bool]:
        """Since when (None: longer ago than anybody looks), and whether it is looked for from there on."""
        now_ms = self._clock.now_ns() // 1_000_000
        name = uuid.UUID(command)
        if name.version != 7:
            return now_ms - _HOUR_MS, False
        made_ms = name.int >> 80
        return (None if made_ms < now_ms - _HOUR_MS else min(made_ms, now_ms) - _SKEW_MS), True

    def _names(self, *topics: str) -> list[str]:
        return [topic(name).physical(self._prefix) for name in topics]

    @asynccontextmanager
    async def _turn(self, org: str) -> AsyncIterator[None]:
        """One's turn, and the time for it; waiting for the turn is part of the time."""
        own = self._own.setdefault(org, asyncio.Lock())
        try:
            async with asyncio.timeout(_MAX_S), own, self._turns:
                yield
        except (BrokerUnreachable, OffsetUnavailable, TimeoutError):
            raise Problem(
                "unavailable", "the brokers don't answer in time", headers={"Retry-After": "1"}
            ) from None


class _Answers:
    """Looks for the answer to a command; one about who asked counts when there is no other."""

    def __init__(self, org: str, command: str, question: Question | None = None) -> None:
        self._wanted, self._question = {"ce_causationid": command, "ce_org": org}, question
        self.found: Said | None = None

    def look(self, record: Record) -> bool | None:
        if record.value is None or not _says(record, self._wanted) or (said := said_in(record)) is None:
            return None
        if not is_answer(said.record) or (self._question is not None and not self._question.takes(said)):
            return None
        conflict = isinstance(said.record, ControlRefused | CommandRefused) and said.record.code == CONFLICT
        if not conflict and (self.found is None or not said.personal):
            self.found = said
        return True if self.found is not None and not self.found.personal else None


def _says(record: Record, wanted: Mapping[str, str]) -> bool:
    return all(record.header(name) == value.encode() for name, value in wanted.items())


def _is(org: str, command: str) -> Callable[[Record], bool | None]:
    return lambda record: True if _says(record, {"ce_id": command, "ce_org": org}) else None
