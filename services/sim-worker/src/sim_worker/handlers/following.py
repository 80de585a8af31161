"""Follows twin.specs: what should run."""

import logging
from collections.abc import Callable

from sim_worker.domain.specs import SpecBook
from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import Record
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import TwinSpec

log = logging.getLogger(__name__)


SpecChanged = Callable[[str, TwinSpec | None], None]
"""Takes a twin, and its spec as it was before."""


class SpecFollower:
    """Keeps a `SpecBook` up to date."""

    def __init__(self, bus: Bus, topic: str, book: SpecBook, changed: SpecChanged) -> None:
        """`changed` hears of each twin whose spec changed."""
        self._bus, self._topic, self._book, self._changed = bus, topic, book, changed

    async def catch_up(self) -> None:
        """Read the whole topic as it is now; on return every spec written before the call is known."""
        async with await self._bus.reader() as reader:
            await self._assign(reader)
            async for record in reader.read_to_end():
                self._apply(record)

    async def follow(self) -> None:
        """Read the topic for ever."""
        async with await self._bus.reader() as reader:
            await self._assign(reader)
            async for record in reader.tail():
                self._apply(record)

    async def _assign(self, reader: Reader) -> None:
        await reader.assign(*await reader.partitions(self._topic))

    def _apply(self, record: Record) -> None:
        if record.key is None:
            return
        twin = record.key.decode(errors="replace")
        spec: TwinSpec | None = None
        if record.value is not None:
            try:
                decoded = codec.decode(record.value)
            except SchemaError as error:
                log.error("%s[%d] offset %d: %s", self._topic, record.partition, record.offset, error)
                return
            if not isinstance(decoded, TwinSpec):
                log.error("%s[%d] offset %d is no spec", self._topic, record.partition, record.offset)
                return
            spec = decoded
        before = self._book.get(twin)
        if self._book.apply(record.offset, twin, spec):
            self._changed(twin, before)
