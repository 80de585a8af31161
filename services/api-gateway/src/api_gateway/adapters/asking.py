"""Turns requests into records: in the caller's name, with their token, and an address for the answer."""

from __future__ import annotations

import asyncio

from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.replies import Replies
from api_gateway.adapters.sending import Sender
from api_gateway.domain.caller import Caller
from api_gateway.domain.ports import Answer
from api_gateway.domain.question import Question
from api_gateway.domain.refusals import problem_of
from api_gateway.errors import Problem
from twin_common.bus.envelope import Envelope
from twin_common.clock import Clock
from twin_common.telemetry import current
from twin_schemas import codec
from twin_schemas.errors import EncodeError
from twin_schemas.record import Record
from twin_schemas.records import ControlAccepted, ControlRefused

SOURCE = "api-gateway"
COMMANDS = "control.commands"


class BusAsking:
    """`Asking` on the bus.

    Args:
        sender: writes records.
        replies: finds their answers.
        ledger: is told of every command.
        clock: dates envelopes.
        deadline_s: how long an answer is waited for.
    """

    def __init__(
        self, sender: Sender, replies: Replies, ledger: Ledger, clock: Clock, deadline_s: float
    ) -> None:
        self._sender, self._replies, self._ledger = sender, replies, ledger
        self._clock, self._deadline_s = clock, deadline_s

    async def control(
        self, caller: Caller, record: Record, *, key: str, body: bytes = b""
    ) -> ControlAccepted | None:
        """Ask the control plane, and wait for its word."""
        answer = (await self.ask(caller, record, topic=COMMANDS, key=key, body=body)).record
        if isinstance(answer, ControlRefused):
            raise problem_of(answer)
        return answer if isinstance(answer, ControlAccepted) else None

    async def ask(
        self,
        caller: Caller,
        record: Record,
        *,
        topic: str,
        key: str,
        partition: int | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Write a record and wait for the record that answers it; both together take no longer than the deadline."""
        due = asyncio.get_running_loop().time() + self._deadline_s
        question = caller.question(body)
        self._ledger.require_same(question)
        with self._replies.expecting(question) as answer:
            await self._told(question, caller, record, topic, key, partition, due)
            try:
                async with asyncio.timeout_at(due):
                    return Answer(caller.command_id, await answer)
            except TimeoutError:
                return Answer(caller.command_id, None)

    async def tell(
        self,
        caller: Caller,
        record: Record,
        *,
        topic: str,
        key: str,
        partition: int | None = None,
        body: bytes = b"",
    ) -> str:
        """Write a record and wait only for the broker."""
        due = asyncio.get_running_loop().time() + self._deadline_s
        await self._told(caller.question(body, twin=key), caller, record, topic, key, partition, due)
        return caller.command_id

    async def _told(
        self,
        question: Question,
        caller: Caller,
        record: Record,
        topic: str,
        key: str,
        partition: int | None,
        due: float,
    ) -> None:
        if not self._replies.follower.begun.is_set():
            raise Problem(
                "unavailable", "no broker has answered yet; nothing was done", headers={"Retry-After": "1"}
            )
        kind = type(record).__name__
        envelope = Envelope(
            id=question.command,
            type=kind,
            source=SOURCE,
            time_ns=self._clock.now_ns(),
            org=caller.org,
            correlation_id=caller.request_id,
            subject=key,
            actor=caller.principal.actor,
            token=caller.token,
            traceparent=current() or caller.traceparent,
            reply_to=self._replies.partition,
            request_digest=question.digest,
        )
        try:
            value = codec.encode(record)
        except EncodeError as error:
            raise Problem("invalid_request", str(error)) from error
        await self._sender.send(
            topic, key, value, envelope.headers(), partition, command=question.command, due=due
        )
        self._ledger.sent(question, kind)
