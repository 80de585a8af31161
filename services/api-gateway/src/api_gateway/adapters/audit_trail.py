"""Reads `audit.log` backwards, block by block: nothing of it is kept in memory."""

from __future__ import annotations

import asyncio

from api_gateway.domain.audit_trail import Noted, TrailPage
from api_gateway.errors import Problem
from twin_common.bus.api import Bus, Reader
from twin_common.bus.partition import partition_of
from twin_common.bus.types import TopicPartition
from twin_common.errors import BrokerUnreachable, OffsetUnavailable
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode
from twin_schemas.errors import SchemaError
from twin_schemas.records import AuditRecord

TOPIC = "audit.log"
_BLOCK = 2_000
_BLOCKS = 25
_READ_S = 10.0
_READERS = 4


class BusTrail:
    """`Trail` on the bus.

    Args:
        bus: read from.
        prefix: begins every physical topic name.
    """

    def __init__(self, bus: Bus, prefix: str) -> None:
        self._bus = bus
        self._topic = topic(TOPIC).physical(prefix)
        self._turns = asyncio.Semaphore(_READERS)

    async def newest(self, org: str, before: int | None, limit: int) -> TrailPage:
        """Look at up to 50,000 records of the partition that holds the organisation's."""
        try:
            async with asyncio.timeout(_READ_S), self._turns, await self._bus.reader() as reader:
                return await self._newest(reader, org, before, limit)
        except (BrokerUnreachable, OffsetUnavailable, TimeoutError):
            raise Problem(
                "unavailable", "the audit log can't be read now", headers={"Retry-After": "1"}
            ) from None

    async def _newest(self, reader: Reader, org: str, before: int | None, limit: int) -> TrailPage:
        count = len(await reader.partitions(self._topic))
        tp = TopicPartition(self._topic, partition_of(org.encode(), count))
        await reader.assign(tp)
        first, end = (await reader.beginning_offsets([tp]))[tp], (await reader.end_offsets([tp]))[tp]
        end = end if before is None else min(end, max(before, first))
        found: list[Noted] = []
        for _ in range(_BLOCKS):
            begin = max(first, end - _BLOCK)
            if begin >= end or len(found) > limit:
                break
            found += reversed(await self._block(reader, tp, begin, end, org))
            end = begin
        if len(found) > limit:
            return TrailPage(found[:limit], found[limit - 1].offset)
        return TrailPage(found, end if end > first else None)

    async def _block(self, reader: Reader, tp: TopicPartition, begin: int, end: int, org: str) -> list[Noted]:
        await reader.seek(tp, begin)
        found: list[Noted] = []
        while await reader.position(tp) < end:
            for record in await reader.poll(_BLOCK):
                if record.offset >= end:
                    return found
                try:
                    body = decode(record.value or b"")
                except SchemaError:
                    continue
                if isinstance(body, AuditRecord) and body.org == org:
                    found.append(Noted(record.offset, body))
        return found
