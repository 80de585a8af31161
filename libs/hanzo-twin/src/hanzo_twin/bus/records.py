"""Records of the bus with where and when they were written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from twin_common.bus.types import Record as BusRecord
from twin_schemas.codec import decode
from twin_schemas.record import Record

T = TypeVar("T", bound=Record)


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One record as read.

    Attributes:
        offset: in its partition.
        at_ns: append time, ns since the Unix epoch (the broker keeps milliseconds).
        value: the bytes as written.
        record: decoded.
    """

    offset: int
    at_ns: int
    value: bytes
    record: T


def item(read: BusRecord, *kinds: type[T]) -> Item[T] | None:
    """The decoded record; None for a tombstone or a record of another kind.

    Raises:
        UnknownSchema, CorruptRecord: the bytes can't be decoded.
    """
    if read.value is None:
        return None
    record = decode(read.value)
    if not isinstance(record, kinds):
        return None
    return Item(read.offset, read.timestamp_ms * 1_000_000, read.value, record)


async def of_key(records: AsyncIterator[BusRecord], key: str, *kinds: type[T]) -> AsyncIterator[Item[T]]:
    """The records of one key and of these kinds."""
    wanted = key.encode()
    async for read in records:
        if read.key == wanted and (found := item(read, *kinds)) is not None:
            yield found
