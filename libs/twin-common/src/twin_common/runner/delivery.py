"""One record from bytes to outcome: decode, de-duplicate, handle, retry, or give up into the dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from twin_common import metrics_table as m
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import Busy, Rejected, Retryable
from twin_common.logs import get_logger, log_context
from twin_common.metrics import Metrics
from twin_common.runner.dead_letters import DeadLetterBox
from twin_common.runner.inbox import Inbox
from twin_common.runner.message import Confirmation, Handler, Message
from twin_common.runner.policy import DeadLetterMeter, Retries
from twin_common.telemetry import span
from twin_schemas.codec import decode
from twin_schemas.errors import CorruptRecord, UnknownSchema

_log = get_logger(__name__)

UNREADABLE = "unreadable"
"""Record type label for what can't be decoded."""


class Outcome(StrEnum):
    """What became of a record."""

    HANDLED = "handled"
    REPEATED = "repeated"
    IGNORED = "ignored"
    DEAD = "dead_letter"
    RETRIED = "retried"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Takes records to their handlers. Everything it needs; it keeps no state of its own."""

    handlers: Mapping[type[Any], Handler]
    ignored: frozenset[type[Any]] | None
    inbox: Inbox
    retries: Retries
    dead: DeadLetterBox
    meter: DeadLetterMeter
    metrics: Metrics
    clock: Clock

    async def deliver(self, record: Record, stopping: Callable[[], bool]) -> Confirmation | bool:
        """Take one record to its end: handled, known already, of no concern, or dead.

        Args:
            record: as read.
            stopping: asked between attempts; once true, a record that still fails is left for the next start.

        Returns:
            False when it was left for the next start and must not be committed, True when it is at its end for
            good, otherwise what tells whether its effect counts.

        Raises:
            TooManyDeadLetters: the limit is passed; this record's letter is written.
            Exception: whatever else a handler raised.
        """
        try:
            body, envelope = self._open(record)
        except Rejected as refusal:
            if self.ignored is None:
                self._count(UNREADABLE, Outcome.IGNORED)
                return True
            return await self._give_up(record, UNREADABLE, refusal, 1, stopping)
        name = type(body).__name__
        with log_context(
            org=envelope.org, twin=getattr(body, "twin", None), traceparent=envelope.traceparent
        ):
            if type(body) not in self.handlers:
                self._count(name, Outcome.IGNORED)
                return True
            if await self.inbox.seen(envelope.id):
                self._count(name, Outcome.REPEATED)
                return True
            return await self._handle(body, Message(envelope, record), name, stopping)

    def _open(self, record: Record) -> tuple[Any, Envelope]:
        if record.value is None:
            raise Rejected("no_value", "a control record has a value; this one is a tombstone")
        try:
            body = decode(record.value)
        except UnknownSchema as error:
            raise Rejected("unknown_schema", str(error)) from error
        except CorruptRecord as error:
            raise Rejected("corrupt_record", str(error)) from error
        if self.ignored is not None and type(body) not in self.handlers and type(body) not in self.ignored:
            raise Rejected("unexpected_type", f"nobody here handles {type(body).__name__}")
        return body, Envelope.parse(record.headers)

    async def _handle(
        self, body: Any, message: Message, name: str, stopping: Callable[[], bool]
    ) -> Confirmation | bool:
        handler = self.handlers[type(body)]
        attempt, failures = 0, 0
        while True:
            attempt += 1
            try:
                traced = span(f"handle {name}", parent=message.envelope.traceparent, kind="consumer")
                with traced, self.metrics.timed(m.HANDLE_DURATION, type=name):
                    counts = await handler(body, replace(message, attempt=attempt))
            except Rejected as refusal:
                return await self._give_up(message.origin, name, refusal, attempt, stopping)
            except Busy as busy:
                self._count(name, Outcome.BUSY)
                wait_s = busy.retry_after_s
            except Retryable as failure:
                failures += 1
                self._count(name, Outcome.RETRIED)
                wait_s = self.retries.wait_s(failures)
                _log.warning(
                    "handling failed, trying again",
                    type=name,
                    id=message.id,
                    attempt=attempt,
                    wait_s=wait_s,
                    error=f"{type(failure).__name__}: {failure}",
                )
            else:
                if counts is not None:
                    return partial(self._confirm, counts, message, name)
                await self._remember(message, name)
                return True
            if stopping():
                return False
            await self._wait(wait_s, stopping)
            if stopping():
                return False

    async def _confirm(self, counts: Confirmation, message: Message, name: str) -> None:
        """Wait until the effect counts, and remember that the record was handled.

        Raises:
            Busy, Retryable: it doesn't, so the record has to be handled again.
        """
        try:
            await counts()
        except (Busy, Retryable) as void:
            self._count(name, Outcome.RETRIED)
            _log.info("handled in vain, handling it again", type=name, id=message.id, error=str(void))
            raise
        await self._remember(message, name)

    async def _remember(self, message: Message, name: str) -> None:
        await self.inbox.remember(message.id)
        self._count(name, Outcome.HANDLED)

    async def _wait(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Wait in short steps, so that a stop doesn't take a whole back-off."""
        until_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        while not stopping() and (left_s := (until_ns - self.clock.monotonic_ns()) / 1e9) > 0:
            await self.clock.sleep(min(left_s, 0.1))

    async def _give_up(
        self, record: Record, name: str, refusal: Rejected, attempts: int, stopping: Callable[[], bool]
    ) -> bool:
        failures = 0
        while True:
            try:
                await self.dead.put(record, refusal.code, str(refusal), attempts)
                break
            except Retryable as failure:
                # A record must not be lost because its dead letter can't be written: nothing else goes on
                # here.
                failures += 1
                _log.error("can't write a dead letter, trying again", error=str(failure), attempt=failures)
                if stopping():
                    return False
                await self._wait(self.retries.wait_s(failures), stopping)
        self._count(name, Outcome.DEAD)
        self.metrics.count(m.DEAD_LETTERS, topic=record.topic, code=refusal.code)
        _log.warning(
            "refused for good",
            type=name,
            code=refusal.code,
            reason=str(refusal),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
        self.meter.add(record.topic)
        return True

    def _count(self, name: str, outcome: Outcome) -> None:
        self.metrics.count(m.HANDLED, type=name, outcome=outcome.value)
