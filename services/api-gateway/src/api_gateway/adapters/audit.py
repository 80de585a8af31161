"""Writes decisions to `audit.log`, behind the requests' backs."""

from __future__ import annotations

import asyncio

from api_gateway.adapters.sending import Sender
from api_gateway.domain.caller import Caller
from api_gateway.errors import Problem
from twin_common import metrics_table as m
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_schemas import codec
from twin_schemas.records import AuditRecord

SOURCE = "api-gateway"
TOPIC = "audit.log"
_PENDING = 10_000
_PAUSE_S = 0.5
_log = get_logger(__name__)


class BusAudit:
    """`Audit` on the bus; `run` has to run beside its use.

    What a full queue has no room for goes to the log, and is counted.
    """

    def __init__(self, sender: Sender, clock: Clock, metrics: Metrics) -> None:
        self._sender, self._clock, self._metrics = sender, clock, metrics
        self._pending: asyncio.Queue[AuditRecord] = asyncio.Queue(_PENDING)
        self._unwritten = 0

    def note(
        self,
        caller: Caller,
        resource: str,
        *,
        version: int | None = None,
        allowed: bool = True,
        code: str | None = None,
    ) -> None:
        """Note a decision."""
        record = AuditRecord(
            org=caller.org,
            actor=caller.principal.actor,
            role=caller.principal.role,
            action=caller.action,
            resource=resource,
            version=version,
            allowed=allowed,
            code=code,
            request=caller.request_id,
            source=SOURCE,
            at_ns=self._clock.now_ns(),
        )
        try:
            self._pending.put_nowait(record)
            self._unwritten += 1
        except asyncio.QueueFull:
            self._metrics.count(m.AUDIT_LOST, reason="full")
            _log.error("no room for an audit record", **record.to_avro())

    async def run(self) -> None:
        """Write them, for ever, in their order."""
        while True:
            record = await self._pending.get()
            await self._write(record)
            self._unwritten -= 1
            self._pending.task_done()

    async def _write(self, record: AuditRecord) -> None:
        value = codec.encode(record)
        while True:
            try:
                await self._sender.post(TOPIC, record.org, value)
            except (TwinError, Problem, TimeoutError):
                await self._clock.sleep(_PAUSE_S)
            else:
                return

    async def drain(self, seconds: float) -> None:
        """Wait for what is noted to be handed over, but not for ever."""
        try:
            async with asyncio.timeout(seconds):
                await self._pending.join()
        except TimeoutError:
            self._metrics.count(m.AUDIT_LOST, self._unwritten, reason="stopping")
            _log.error("audit records were lost at the end", records=self._unwritten)
