"""What became of recent commands: from this process's memory, or by reading the last hour of the topics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from api_gateway.adapters.ledger import Ledger
from api_gateway.domain.commands import Found
from api_gateway.errors import Problem
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record as AvroRecord
from twin_schemas.records import CommandApplied, CommandRefused, ControlAccepted, ControlRefused

_HOUR_MS = 3_600_000
_MAX_RECORDS = 200_000
_MAX_S = 5.0
_AT_ONCE = 2
_ANSWERS = (ControlAccepted, ControlRefused, CommandApplied, CommandRefused)
T = TypeVar("T")
_CONFLICT = "idempotency_conflict"


class BusCommandLog:
    """`CommandLog` on the bus. Only a few look-ups read the topics at once; the others wait for their turn."""

    def __init__(self, bus: Bus, prefix: str, ledger: Ledger, clock: Clock) -> None:
        self._bus, self._prefix, self._ledger, self._clock = bus, prefix, ledger, clock
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def find(self, org: str, command: str) -> Found | None:
        """A command of an organisation, by its id."""
        note = self._ledger.find(command)
        own = note is not None and note.org == org
        if own and note is not None and note.answer is not None:
            return Found(note.answer)
        try:
            async with self._turns, asyncio.timeout(_MAX_S):
                answer = await self._scan(("control.events",), _answer_to(org, command))
                if answer is not None:
                    return Found(answer)
                if own or await self._scan(("control.commands", "sim.commands"), _is(org, command)):
                    return Found(None)
        except (BrokerUnreachable, TimeoutError):
            raise Problem(
                "unavailable", "the brokers don't answer in time", headers={"Retry-After": "1"}
            ) from None
        return None

    async def _scan(self, topics: tuple[str, ...], look: Callable[[Record], T | None]) -> T | None:
        """What `look` finds in the records of the last hour."""
        since = self._clock.now_ns() // 1_000_000 - _HOUR_MS
        async with await self._bus.reader() as reader:
            tps = [
                tp for name in topics for tp in await reader.partitions(topic(name).physical(self._prefix))
            ]
            await reader.assign(*tps)
            for tp in tps:
                await reader.seek_to_time(tp, since)
            seen = 0
            async for record in reader.read_to_end():
                if (found := look(record)) is not None:
                    return found
                if (seen := seen + 1) >= _MAX_RECORDS:
                    break
        return None


def _says(record: Record, wanted: Mapping[str, str]) -> bool:
    return all(record.header(name) == value.encode() for name, value in wanted.items())


def _is(org: str, command: str) -> Callable[[Record], bool | None]:
    return lambda record: True if _says(record, {"ce_id": command, "ce_org": org}) else None


def _answer_to(org: str, command: str) -> Callable[[Record], AvroRecord | None]:
    def look(record: Record) -> AvroRecord | None:
        if record.value is None or not _says(record, {"ce_causationid": command, "ce_org": org}):
            return None
        try:
            answer = codec.decode(record.value)
        except SchemaError:
            return None
        conflict = isinstance(answer, ControlRefused) and answer.code == _CONFLICT
        return answer if isinstance(answer, _ANSWERS) and not conflict else None

    return look
