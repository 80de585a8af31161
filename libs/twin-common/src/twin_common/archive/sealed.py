"""Which ranges of a journal partition lie in object storage, from the topic that announces them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twin_common.bus.api import Bus
from twin_common.bus.types import TopicPartition
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.records import JournalSealed

FOLDER: Final = "sealed"
"""The folder of the bucket for checkpoints that sealed ranges lie in."""
_log = get_logger(__name__)


def key_of(sealed: JournalSealed) -> bytes:
    """The key of an announcement: two owners that seal different ranges don't replace each other's."""
    return f"{sealed.partition}/{sealed.first}/{sealed.last}".encode()


async def sealed_ranges(bus: Bus, prefix: str, partitions: Iterable[int]) -> dict[int, list[JournalSealed]]:
    """By partition, the ranges that are kept, in the order in which they were announced."""
    name = topic("sim.sealed").physical(prefix)
    found: dict[int, dict[bytes, JournalSealed]] = {number: {} for number in partitions}
    async with await bus.reader() as reader:
        await reader.assign(*(TopicPartition(name, number) for number in found))
        async for record in reader.read_to_end():
            held, key = found[record.partition], record.key or b""
            held.pop(key, None)
            if record.value is None:
                continue
            try:
                sealed = codec.decode(record.value)
            except SchemaError as error:
                _log.error("a sealed range can't be read", offset=record.offset, reason=str(error))
                continue
            if isinstance(sealed, JournalSealed):
                held[key] = sealed
    return {number: list(held.values()) for number, held in found.items()}


def holding(ranges: Iterable[JournalSealed], offset: int) -> JournalSealed | None:
    """The range that holds an offset; of several the one announced last."""
    return next((each for each in reversed(list(ranges)) if each.first <= offset <= each.last), None)


def oldest_unbroken(ranges: Iterable[JournalSealed], begin: int) -> int:
    """The first offset from which on everything is kept, when the broker keeps what begins at `begin`."""
    by_last = sorted(ranges, key=lambda each: each.last, reverse=True)
    for each in by_last:
        if each.first <= begin <= each.last + 1:
            begin = each.first
    return begin
