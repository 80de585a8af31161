"""Hears on control.events what became of commands to running twins."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from api_gateway.adapters.following import Follower
from api_gateway.adapters.ledger import Ledger
from api_gateway.domain.live import Outcome
from api_gateway.errors import Problem
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.records import CommandApplied, CommandRefused

_TYPES = (CommandApplied.__name__.encode(), CommandRefused.__name__.encode())
_CONFLICT = "idempotency_conflict"
_log = get_logger(__name__)


class SimOutcomes:
    """`Outcomes` on the bus; `run` has to run beside its use.

    Args:
        bus: opens the reader.
        prefix: begins every physical topic name.
        clock: for the pause while no broker answers.
        ledger: is told of every outcome that this process asked for.
    """

    def __init__(self, bus: Bus, prefix: str, clock: Clock, ledger: Ledger) -> None:
        self._topic = topic("control.events").physical(prefix)
        self._ledger = ledger
        self._waiting: dict[str, list[tuple[str, asyncio.Future[Outcome]]]] = {}
        self._follower = Follower(bus, self.apply, clock, from_end=True)

    async def run(self) -> None:
        """Listen, for ever."""
        await self._follower.run({self._topic: None})

    @contextmanager
    def expecting(self, command: str, request_id: str) -> Iterator[asyncio.Future[Outcome]]:
        """The outcome of a command that is about to be sent."""
        if not self._follower.begun.is_set():
            raise Problem(
                "unavailable", "no broker has answered yet; nothing was done", headers={"Retry-After": "1"}
            )
        waiter = (request_id, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(command, []).append(waiter)
        try:
            yield waiter[1]
        finally:
            self._waiting[command].remove(waiter)
            if not self._waiting[command]:
                del self._waiting[command]

    def apply(self, record: Record) -> None:
        """Give one outcome to those who wait for it."""
        if record.header("ce_type") not in _TYPES or record.value is None:
            return
        command = (record.header("ce_causationid") or b"").decode(errors="replace")
        waiting = self._waiting.get(command, [])
        if not waiting and self._ledger.find(command) is None:
            return
        try:
            outcome = codec.decode(record.value)
        except SchemaError as error:
            _log.error("an outcome can't be read", command=command, error=str(error))
            return
        if not isinstance(outcome, CommandApplied | CommandRefused):
            return
        conflict = isinstance(outcome, CommandRefused) and outcome.code == _CONFLICT
        if not conflict:
            self._ledger.answered(command, outcome)
        correlation = (record.header("ce_correlationid") or b"").decode(errors="replace")
        for request_id, waiter in waiting:
            if not waiter.done() and (not conflict or request_id == correlation):
                waiter.set_result(outcome)
