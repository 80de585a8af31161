"""Answers to this process, from its own partition of `bus.replies`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api_gateway.adapters.following import Follower
from api_gateway.adapters.ledger import Ledger
from api_gateway.errors import Problem
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record as AvroRecord
from twin_schemas.records import ControlRefused

CONFLICT = "idempotency_conflict"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    correlation_id: str
    digest: str | None
    answer: asyncio.Future[AvroRecord]


class Replies:
    """Hands each answer to those who wait for it; `run` has to run beside its use.

    Args:
        bus: read from.
        prefix: begins every physical topic name.
        clock: for pauses.
        ledger: is told of every answer.
        partition: of `bus.replies`; a random one when None.
    """

    def __init__(
        self, bus: Bus, prefix: str, clock: Clock, ledger: Ledger, partition: int | None = None
    ) -> None:
        spec = topic("bus.replies")
        self._topic = spec.physical(prefix)
        self.partition = random.randrange(spec.partitions) if partition is None else partition
        self._ledger = ledger
        self._waiters: dict[str, list[_Waiter]] = {}
        self.follower = Follower(bus, self.apply, clock, from_end=True)

    async def run(self) -> None:
        """Listen, for ever."""
        await self.follower.run({self._topic: (self.partition,)})

    @contextmanager
    def expecting(
        self, command: str, correlation_id: str, digest: str | None
    ) -> Iterator[asyncio.Future[AvroRecord]]:
        """The answer to a command that is about to be sent.

        Raises:
            Problem: `idempotency_conflict`: a request with the same key and other content is under way.
        """
        waiters = self._waiters.setdefault(command, [])
        if any(waiter.digest != digest for waiter in waiters):
            raise Problem(CONFLICT, "the idempotency key belongs to another request that is under way")
        waiter = _Waiter(correlation_id, digest, asyncio.get_running_loop().create_future())
        waiters.append(waiter)
        try:
            yield waiter.answer
        finally:
            waiters.remove(waiter)
            if not waiters:
                self._waiters.pop(command, None)

    def apply(self, record: Record) -> None:
        """Give one answer to those who wait for it; other processes may share the partition."""
        causation = record.header("ce_causationid")
        command = causation.decode(errors="replace") if causation is not None else ""
        waiters = self._waiters.get(command, [])
        if record.value is None or not (waiters or self._ledger.find(command)):
            return
        try:
            answer = codec.decode(record.value)
        except SchemaError as error:
            _log.error("an answer can't be read", command=command, error=str(error))
            return
        conflict = isinstance(answer, ControlRefused) and answer.code == CONFLICT
        if not conflict:
            self._ledger.answered(command, answer)
        correlation = (record.header("ce_correlationid") or b"").decode(errors="replace")
        for waiter in waiters:
            if not waiter.answer.done() and (not conflict or waiter.correlation_id == correlation):
                waiter.answer.set_result(answer)
