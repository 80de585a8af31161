"""Reads journals across sealed ranges and the broker: nothing of them is kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from api_gateway.domain.entries import TwinEntry
from api_gateway.domain.history import JournalPage, Told
from api_gateway.domain.moments import rfc3339
from api_gateway.errors import Problem
from twin_common.archive.anchors import Anchor, anchors, state_at
from twin_common.archive.past import Past
from twin_common.blobs.api import BlobFolders
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.errors import (
    BeyondRetention,
    BlobCorrupt,
    BlobMissing,
    BrokerUnreachable,
    OffsetUnavailable,
    RangeCorrupt,
    StoreRefused,
    StoreUnreachable,
)
from twin_schemas import codec
from twin_schemas.errors import SchemaError

_WINDOW: Final = 20_000
_WINDOWS: Final = 5
_READ_S: Final = 15.0
_READERS: Final = 4
_AWAY = (BrokerUnreachable, OffsetUnavailable, StoreUnreachable, StoreRefused, TimeoutError)


class BusHistory:
    """`History` on the bus and object storage.

    Args:
        bus: read from.
        prefix: begins every physical topic name.
        blobs: the bucket for checkpoints.
    """

    def __init__(self, bus: Bus, prefix: str, blobs: BlobFolders) -> None:
        self._bus, self._prefix, self._blobs = bus, prefix, blobs
        self._turns = asyncio.Semaphore(_READERS)

    async def page(
        self, twin: TwinEntry, start: int | None, since_ms: int | None, types: Collection[str], limit: int
    ) -> JournalPage:
        """Look at up to 100,000 offsets of the twin's partition."""
        try:
            async with asyncio.timeout(_READ_S), self._turns:
                return await self._page(twin, start, since_ms, types, limit)
        except BeyondRetention as beyond:
            raise await self._beyond(twin, beyond) from None
        except (RangeCorrupt, BlobCorrupt) as error:
            raise Problem("internal", f"what is kept of the journal is damaged: {error}") from error
        except _AWAY:
            raise Problem(
                "unavailable", "the journal can't be read now", headers={"Retry-After": "1"}
            ) from None

    async def _page(
        self, twin: TwinEntry, start: int | None, since_ms: int | None, types: Collection[str], limit: int
    ) -> JournalPage:
        partition, key = twin.spec.partition, twin.id.encode()
        async with Past(self._bus, self._prefix, self._blobs, partition) as past:
            kept = await past.kept()
            at = kept.oldest if start is None else start
            if at < kept.oldest:
                raise BeyondRetention(partition, at, kept.oldest)
            if since_ms is not None:
                if (
                    start is None
                    and kept.oldest > 0
                    and await _began_before(twin, since_ms, past, kept.oldest)
                ):
                    raise BeyondRetention(partition, kept.oldest - 1, kept.oldest)
                at = max(at, await past.offset_at(since_ms))
            found: list[Told] = []
            for _ in range(_WINDOWS):
                until = min(at + _WINDOW, kept.end)
                async for record in past.records(at, key, until):
                    if len(found) == limit:
                        return JournalPage(found, record.offset)
                    told = _told(record)
                    if not types or type(told.record).__name__ in types:
                        found.append(told)
                at = until
                if at >= kept.end:
                    return JournalPage(found, None)
            return JournalPage(found, at)

    async def _beyond(self, twin: TwinEntry, beyond: BeyondRetention) -> Problem:
        nearest = await self._nearest(twin, beyond.oldest)
        return Problem(
            "beyond_retention",
            f"offset {beyond.asked} of the journal isn't kept any more; it is from offset {beyond.oldest} on",
            extra={
                "nearest": nearest
                and {
                    "incarnation": nearest.incarnation,
                    "offset": nearest.offset,
                    "tick": nearest.tick,
                    "time": None if nearest.time_ns is None else rfc3339(nearest.time_ns),
                    "digest": nearest.digest,
                }
            },
        )

    async def _nearest(self, twin: TwinEntry, oldest: int) -> Anchor | None:
        """The first state that is followed by what is kept, and is there: what announces one is kept longer."""
        with suppress(*_AWAY):
            async with asyncio.timeout(_READ_S):
                for state in await anchors(self._bus, self._prefix, twin.spec.partition, twin.id):
                    if state.offset >= oldest - 1:
                        with suppress(BlobMissing, BlobCorrupt, RangeCorrupt):
                            await state_at(self._blobs, state)
                            return state
        return None


async def _began_before(twin: TwinEntry, time_ms: int, past: Past, oldest: int) -> bool:
    """Whether a time, and the twin's creation, lie before everything that is kept."""
    async for record in past.records(oldest, None, oldest + 1):
        return max(time_ms, twin.spec.created_ns // 1_000_000) < record.timestamp_ms
    return False


def _told(read: Record) -> Told:
    at_ns = read.timestamp_ms * 1_000_000
    try:
        return Told(read.offset, at_ns, codec.decode(read.value or b""), None)
    except SchemaError as error:
        return Told(read.offset, at_ns, None, str(error))
